// Package choose decides which Debian packages an image gets.
//
// Start with [Lock]: from a base's root file system and a [Request] to a
// lockfile.Lock. Sources and keys are those that apt has in the base, unless the
// request names others; packages are chosen as apt-get install chooses them
// there.
package choose
