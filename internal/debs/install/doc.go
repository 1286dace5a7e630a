// Package install configures packages on a base: what is left to do once their
// files are there, as one small layer.
//
// Start with [Configure]. It makes the virtual root of the base, takes off what
// newer versions of the base's packages no longer have, has the packages
// configured (package configure), and says what differs from base and packages
// together.
package install
