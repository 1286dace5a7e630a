// Package shell interprets shell scripts over a virtual root
// ([github.com/assemble-image/assemble/internal/debs/root]), without starting
// a process. A script sees the root's files, the variables that it is given,
// and the commands in [Options]; nothing of this machine: no file, no
// variable, no clock, no network, no other process.
//
// The syntax is parsed by mvdan.cc/sh; what it means is done here, after POSIX
// (IEEE Std 1003.1, XCU chapter 2) and dash, which is Debian's /bin/sh, with
// what bash adds that maintainer scripts use. mvdan.cc/sh has an interpreter,
// too, but scripts from the internet must be bounded in memory and work, and
// it gives no hold on either: it expands words of any length, and it works
// with goroutines, pipes and the machine's own paths and accounts.
//
// Pipelines run one side after the other, in memory, and so do jobs in the
// background. Start with [Run].
package shell
