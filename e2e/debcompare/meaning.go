//go:build linux

package main

import (
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// meaning reads files whose bytes may differ where what they say doesn't, each
// by a program that knows them.
var meaning = map[string]func(path string) (string, error){
	"etc/ld.so.cache":            libraries,
	"etc/ssl/certs/java/cacerts": certificates,
}

// libraries are ld.so.cache's entries in their order, by ldconfig.
func libraries(path string) (string, error) {
	out, err := exec.Command("ldconfig", "-p", "-C", path).Output() //nolint:noctx // it ends at once
	if err != nil {
		return "", fmt.Errorf("reading %q: %w", path, err)
	}
	var lines []string
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, "=>") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, ""), nil
}

// certificates are a Java keystore's entries by name and fingerprint, by
// keytool; without it they can't be told.
func certificates(path string) (string, error) {
	cmd := exec.Command("keytool", "-list", "-keystore", path, "-storepass", "changeit", "-storetype", "JKS") //nolint:noctx // it ends at once
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("reading %q with keytool: %w", path, err)
	}
	var lines []string
	name := ""
	for line := range strings.Lines(string(out)) {
		if before, _, ok := strings.Cut(line, ", "); ok && !strings.HasPrefix(line, "Certificate") {
			name = before
		} else if strings.HasPrefix(line, "Certificate fingerprint") {
			lines = append(lines, name+" "+line)
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, ""), nil
}

// cpuTime is what this process has taken of the processors.
func cpuTime() time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
