// Package tags knows which wheels a target can install: the compatibility tags
// of PEP 425 and PEP 600, and the wheel file names of PEP 427 that carry them.
//
// Start with [ParseFilename] for a wheel's name, [Supported] for the tags that a
// [Target] supports, best first, and [Index.Rank] to compare the two. Targets are
// CPython on Linux with glibc; musl and other interpreters are not supported.
package tags
