// Package download brings single files of a known SHA-256 from a URL.
//
// Start with [File]. The file goes into the cache, where the next run finds it;
// what a broken run has received stays beside it as HEX.part, for the next one to
// go on from, and is removed when nobody did for a week. Nothing of another digest
// is ever handed out.
package download
