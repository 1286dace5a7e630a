// Package python reads which modules Python source imports, and tells where a
// module would be found in an image, without running any of it.
//
// Start with [Scan], which reads a source file, and [Path.Find], which follows
// sys.path as the import system does (The Python Language Reference, 5). Reading
// is tolerant: what no Python would parse gives fewer imports, never an error.
package python
