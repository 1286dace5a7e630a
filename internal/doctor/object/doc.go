// Package object reads what the dynamic loader would of ELF files: which
// libraries and versions of symbols a file needs, where it has them looked for,
// and what it offers to others.
//
// Start with [Read], which reads a file as a stream, so that a library of
// hundreds of megabytes inside of a wheel takes little memory. Only the program
// headers are followed (gABI 4.1, chapter 5), as the loader does: section headers
// may be missing. Files are hostile: all counts and lengths are bounded, and what
// can't be followed is an error or left out.
//
//	file.go      what is told of a file
//	windows.go   the parts of a stream that are kept
//	header.go    file and program headers
//	dynamic.go   the dynamic section
//	versions.go  versions of symbols
package object
