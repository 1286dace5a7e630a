// Package unpack lays Debian packages out as dpkg would, on a base that may have
// /bin, /sbin and /lib as links, and gives the paths as entries of layers.
//
// Start with [New], which takes the packages in the order in which dpkg would
// unpack them ([Order]) and finds out which of them replace files of which; it needs no
// more than their control files. [Set.Entries] gives the paths of some of them
// for a layer, and [Set.Key] what that layer's bytes depend on, which is the
// packages, the base's links and diversions, and nothing else of the base. What the base
// does to it belongs to the last of the layers: [Set.Settle] gives directories
// whose mode and owner stay as they were, and [Set.Dropped] what a new version
// of one of the base's packages no longer has.
//
//   - set.go, order.go, lost.go, contested.go and key.go: what is known beforehand.
//   - tree.go and spool.go: one package, unpacked once into a temporary file.
//   - links.go and diversions.go: the base's links, and what it diverts.
//   - entries.go, hardlink.go and info.go: the layer, with dpkg's own files.
//   - settle.go, dropped.go and taken.go: what depends on the base.
package unpack
