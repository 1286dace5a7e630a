// Package cache keeps what earlier runs learned, on disk: small records
// (recipes, file hashes, facts about a base) and whole files (wheels).
//
// Start with [Open]; [Cache.Get] and [Cache.Put] are the records,
// [Cache.TempFile], [Cache.AddFile] and [Cache.File] the files. Nothing here is
// needed for correctness: whoever can't read or write the cache goes on
// without it, and a nil *[Cache] is one that never hits.
//
// On disk, below the directory given to Open:
//
//	v1/records/<hash>   one record each; the hash is of kind and key
//	v1/files/<hash>     the content of a file, described by the record of that name
//	v1/tmp/<session>/   what one process is writing just now, locked by it
//	v1/lock             held while a file is moved in, and while pruning
//
// A record carries a SHA-256 of itself, so that a torn one is noticed and
// dropped; it is written to tmp and renamed, so that others see the old one, the
// new one, or none. Records are therefore not synced to the disk: a power cut
// may cost one, never falsify one. Files are not hashed again at each use, so
// they are synced before they are renamed.
package cache
