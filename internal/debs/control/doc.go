// Package control reads and writes Debian's control files (deb822(5), Debian
// Policy 5.1): dpkg's status, Packages, Release, *.sources, a package's
// control file, packages.lock.
//
// Start with [NewReader], which gives a stanza at a time and holds no more
// than that one, or with [Parse] for what is in memory; [Stanza.Get] and
// [Stanza.Append] are the way in and out. What dpkg refuses is refused here,
// so that what we write is never lost on those who read it after us: a field
// twice in a stanza, in whichever case; lines of blanks; names with a blank or
// a control character.
package control
