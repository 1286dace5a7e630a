// Package serve runs an OCI registry in this process, for demonstrations,
// tests and machines without a network.
//
// Start with [Run], which serves until its context ends, or [Start]. Content
// lies in one directory, in the layout of the distribution project, whose
// registry this is, and survives a restart. There is no authentication: it
// listens on loopback unless told otherwise.
package serve
