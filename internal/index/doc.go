// Package index reads package indexes and other places that list wheels: which
// files a project has, what a wheel's METADATA says, and the files themselves.
//
// Start with [New] and [Client.Project]. Pages come as JSON (PEP 691, PEP 700)
// or HTML (PEP 503, PEP 592), metadata by itself where the index has it (PEP
// 658, PEP 714), else by ranges out of the wheel. [Client.Open] opens a file,
// from an offset if need be.
//
// Beside indexes there are flat places (pip's --find-links): a directory, a page
// with links, a wheel. They are asked first, and are on this machine or not.
//
// Of several places, the first that knows a project answers for it alone, so
// that nobody can put a file of the same name on a later one. A place that is
// out of order is an error for the same reason; only where hashes decide,
// [Client.ProjectOn] may be asked for each in turn.
//
// What an index says is not trusted: pages and metadata are bounded, names must
// be plain, plain HTTP is spoken to loopback only, https never
// leads to http, and no index can send us to this machine's own network.
// Credentials go to their own origin, and into no error, note or cache key.
package index
