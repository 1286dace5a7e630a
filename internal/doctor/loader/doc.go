// Package loader finds shared libraries in an image as glibc's dynamic loader
// would (ld.so(8)), without running it.
//
// Start with [New] and [Loader.Missing], which lists what no file of the image
// provides. Where the loader's answer depends on what a process has loaded
// before, the kinder one is taken: a library counts as found where anything that
// may have loaded it has brought it.
package loader
