// Package solve chooses Debian packages as apt-get install does.
//
// Start with [Solve]. It decides as apt 2.6 does, which Debian 12 has, down to
// its order of looking at things, since people expect of a package list what
// they get from apt: an installed version that will do stays; what is named is
// brought to its candidate; the candidate is the highest version of the
// weightiest source; the first alternative that can be installed is taken,
// unless another one is there; packages of one source that are installed are
// upgraded together; what an upgrade would break is upgraded, too. Where apt
// would remove a package of the base, Solve refuses and says which one and for
// what.
//
// How it goes about it, in the order of the files:
//
//	universe.go   packages, their versions and providers, looked up when needed
//	relation.go   whether a relation is satisfied by what is, would be or could be
//	candidate.go  which version of a package counts, and which package comes first
//	mark.go       marking a package: to be installed, kept, removed
//	install.go    marking a package for installation with what it needs
//	score.go      how much weight a package has when packages are in each other's way
//	problem.go    mending what marking left broken, from the weightiest package down
//	sweep.go      dropping what was marked on a way that led nowhere
//	explain.go    why it can't be done
package solve
