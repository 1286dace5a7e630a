package smoke

import (
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// signals are Linux's names of signals 1 to 31, which the container's kernel
// goes by whatever this program was built for (signal(7), the numbers of all
// architectures that images are tested for).
var signals = []string{
	"HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM", "STKFLT",
	"CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
}

// signalNumber returns the signal of that name, with or without SIG, 0 if there
// is none.
func signalNumber(name string) syscall.Signal {
	name = strings.TrimPrefix(strings.ToUpper(name), "SIG")
	switch name {
	case "IOT":
		name = "ABRT"
	case "CLD":
		name = "CHLD"
	case "POLL":
		name = "IO"
	}
	if n := realTime(name); n != 0 {
		return syscall.Signal(n)
	}
	return syscall.Signal(slices.Index(signals, name) + 1)
}

// The real-time signals that the C library leaves to programs.
const minRealTime, maxRealTime = 34, 64

// realTime reads RTMIN, RTMIN+N, RTMAX and RTMAX-N; systemd, for one, is stopped
// by RTMIN+3. It is 0 for anything else.
func realTime(name string) int {
	from, sign := minRealTime, 1
	rest, ok := strings.CutPrefix(name, "RTMIN")
	if !ok {
		from, sign = maxRealTime, -1
		if rest, ok = strings.CutPrefix(name, "RTMAX"); !ok {
			return 0
		}
	}
	if rest == "" {
		return from
	}
	n, err := strconv.ParseUint(rest[1:], 10, 8)
	if err != nil || (rest[0] == '+') != (sign > 0) || rest[0] != '+' && rest[0] != '-' || n > maxRealTime-minRealTime {
		return 0
	}
	return from + sign*int(n)
}

func signalName(n int) string {
	if n > 0 && n <= len(signals) {
		return "SIG" + signals[n-1]
	}
	return strconv.Itoa(n)
}
