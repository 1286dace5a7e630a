// Package ground makes the virtual root of a base, on which packages are
// chosen, unpacked and configured.
//
// Start with [Root], which holds all files of a base; [FS] reads a root with
// the interfaces of package io/fs.
package ground
