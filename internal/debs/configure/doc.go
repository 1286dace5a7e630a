// Package configure does to a virtual root what dpkg does when it unpacks and
// configures packages: maintainer scripts are interpreted (Debian Policy 6,
// packages internal/debs/shell and tools), triggers are processed, and dpkg's
// database is written. Nothing is run, and nothing of this machine is seen.
//
// Start with [Run]. What it changes in the root beyond the packages' own files
// is what [root.Root.Changes] lists afterwards. What couldn't be done is a
// [Warning].
//
//   - run.go, order.go and script.go: which script is called when, and with what.
//   - triggers.go: deb-triggers(5).
//   - records.go and info.go: /var/lib/dpkg.
//   - alternatives.go, debconf.go, dpkg.go, ucf.go: what scripts call of dpkg
//     and debconf.
//   - ldconfig.go, certificates.go and the like: programs whose work is done
//     here.
//   - programs.go: what is left undone, and what follows from that.
package configure
