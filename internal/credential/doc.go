// Package credential recognises credentials in the bytes of files: private keys,
// registry passwords and tokens whose shape gives them away.
//
// Start with [Find]. It reads its input about once, at a small part of what a
// hash of it costs: tokens are long, so only long runs of their characters are
// looked at (token.go), and what is no such run has a literal in it that is
// searched for (key.go, docker.go).
//
// What may be found grows with time. [Version] then changes, so that whoever
// keeps answers asks again.
package credential
