// Package resolve finds a set of wheels that work together: for each project
// that is asked for, directly or by another, one version that all who ask for
// it accept and of which the target can install a wheel.
//
// Start with [Resolve], which takes requirements and a [Provider] of projects:
// an index ([Index]) or a directory of wheels ([Wheelhouse]). The [Solution] is written as hashed requirements or as pylock.toml
// (PEP 751). Where there is none, a [*ConflictError] says who wants what, with
// no more than is needed for the conflict.
//
// The search is PubGrub: facts ("a 2.0 wants b<1") are incompatibilities over
// sets of versions, and each conflict yields a new incompatibility, so that no
// dead end is entered twice. The versions of a project are known before its
// first incompatibility, so a set of versions is a bit set over them, and one
// more bit says "not installed". This makes incompatibilities exact whatever
// PEP 440 has in store. Files:
//
//	set, incompatibility,
//	partialsolution, engine      the search, which knows nothing of Python
//	release, project             what a provider's files amount to for the target
//	solver, expand, decide       facts fed to the search as it asks for them
//	fetch                        what is asked of the provider, and ahead of need
//	conflict, explain, ranges    why there is no solution
//
// The answer depends on what the provider has and on the requirements, but not
// on their order, nor on the order or the speed of the provider's replies.
package resolve
