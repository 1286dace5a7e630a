// Package deb reads Debian's binary packages (deb(5)), which may come from
// anywhere: nothing of a package is believed that can be checked, nothing of
// it is skipped, and nothing of it runs.
//
// Start with [Open], which reads what describes the package: control fields,
// maintainer scripts, sums, conffiles. [Package.Each] then streams the files,
// and holds each against its sum.
//
//   - ar.go: the archive around the two others.
//   - compressed.go: xz, zstd, gzip or none.
//   - control.go, conffiles.go and md5sums.go: the first of them.
//   - data.go, entry.go and check.go: the second.
package deb
