// Package git reads the commit that is checked out, out of a repository's
// files: no other program is run, and nothing of the repository's configuration
// is followed but where its objects are.
//
// Start with [Head]. A repository is found as git finds it (repository.go), its
// reference resolved (refs.go), and the object read from where it lies: loose
// (loose.go) or in a pack (index.go, pack.go), perhaps as a delta (delta.go).
// Sources: gitrepository-layout(5), gitformat-pack(5), gitformat-commit.
//
// Repositories are as hostile as any other file: each thing that is read has a
// bound, and loops end.
package git
