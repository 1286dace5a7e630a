// Package provide brings the Debian packages that a config asks for: it locks
// them, holds the lock against config and base, and fetches what isn't there.
//
// Start with [New]. To make a lock: [Provider.Choose], then [Choice.Write]. To
// use one: [Provider.Read], [Provider.Verify], which says whether the lock is
// for this config and this base, and [Provider.Bring], which returns the files.
//
//	provider.go  what all need: settings, archives, credentials
//	lock.go      packages.lock is made
//	verify.go    packages.lock is read, and held against config and base
//	bring.go     packages come into their directory
package provide
