package smoke

import "testing"

// The numbers are Linux's on every platform that this is built for.
func TestSignalsAreLinuxs(t *testing.T) {
	for text, want := range map[string]int{
		"": 15, "SIGTERM": 15, "term": 15, "SIGQUIT": 3, "sigwinch": 28, "USR1": 10, "SIGUSR2": 12, "9": 9, "37": 37, "SIGCLD": 17, "SIGPWR": 30, "SYS": 31,
		"SIGRTMIN+3": 37, "rtmin": 34, "RTMAX": 64, "RTMAX-2": 62, "RTMIN+31": 0, "RTMAX-31": 0, "RTMIN3": 0, "RTMIN+x": 0,
		"SIGNONE": 0, "SIG": 0, "0": 0, "65": 0, "-1": 0,
	} {
		got, err := stopSignal(text)
		if int(got) != want || (err != nil) != (want == 0) {
			t.Errorf("%q: %d, %v", text, got, err)
		}
	}
	for n, want := range map[int]string{1: "SIGHUP", 9: "SIGKILL", 15: "SIGTERM", 31: "SIGSYS", 0: "0", 34: "34"} {
		if got := signalName(n); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
}
