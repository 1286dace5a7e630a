// Package xz decodes .xz files (The .xz File Format, version 1.2.1), which is
// what Debian's packages and package indexes are compressed with.
//
// Start with [NewReader]. It takes any number of streams with any number of
// blocks, the checks None, CRC32, CRC64 and SHA-256, and the LZMA2 filter. The
// other filters are refused by name: nothing that Debian makes has them. All
// that the format says about sizes, flags and checksums is checked, and memory
// is bounded by [Options].MaxDictionary.
//
//   - reader.go, stream.go, block.go, index.go and check.go: the container.
//   - lzma2.go and dict.go: chunks, and the content that matches may refer to.
//   - model.go: the probabilities that bits are decoded by.
//   - run.go and bits.go: the loop where the time goes. A chunk's packed bytes
//     are in one array, whole, and its content has room in one slice, whole, so
//     that the loop looks for neither. What is hard to predict (literals,
//     lengths, distances) is decoded without branches.
package xz
