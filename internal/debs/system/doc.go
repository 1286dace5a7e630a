// Package system is the Debian packages of one image: those of a lock on a base,
// for planning, packing and configuring them.
//
// Start with [Open]. [System.Set] has the packages' own layers, and
// [System.Configure] says what configuring comes to, whose layer is
// [System.Entries]. Whatever a package or the base once told is kept in a
// [base.Store], so that nothing is opened or interpreted for an image that was
// planned before.
//
//   - open.go: a lock's packages, opened or remembered.
//   - ground.go: what must be known of the base.
//   - configure.go: the outcome, and the entries of the last layer.
package system
