package main

import (
	"os"
	"runtime"
	"strings"
)

// machine is what must be known of where the figures come from.
type machine struct {
	OS     string `json:"os"`
	CPU    string `json:"cpu"`
	Cores  int    `json:"cores"`
	Go     string `json:"go"`
	Unpigz bool   `json:"unpigz"` // whether containerd finds it
	// LoadBefore and LoadAfter are the load averages of one minute.
	LoadBefore string `json:"loadBefore,omitempty"`
	LoadAfter  string `json:"loadAfter,omitempty"`
}

func thisMachine() machine {
	return machine{
		OS:         runtime.GOOS + "/" + runtime.GOARCH,
		CPU:        field("/proc/cpuinfo", "model name"),
		Cores:      runtime.NumCPU(),
		Go:         runtime.Version(),
		Unpigz:     unpigz(),
		LoadBefore: load(),
	}
}

// load is the first load average, "" where the system doesn't tell.
func load() string {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	first, _, _ := strings.Cut(string(b), " ")
	return first
}

// field is the first value of that name in a file of "name : value" lines.
func field(file, name string) string {
	b, err := os.ReadFile(file)
	if err != nil {
		return "unknown"
	}
	for line := range strings.Lines(string(b)) {
		if k, v, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(k) == name {
			return strings.TrimSpace(v)
		}
	}
	return "unknown"
}
