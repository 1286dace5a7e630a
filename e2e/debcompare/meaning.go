//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// meaning reads files whose bytes may differ where what they say doesn't, each
// by a program that knows them.
var meaning = map[string]func(path string) (string, error){
	"etc/ssl/certs/java/cacerts": certificates,
	"etc/shadow":                 undated,
	"var/lib/dpkg/triggers/File": anyOrder,
}

// undated are shadow(5)'s lines without the day of the last change of a password:
// an image's must not be the day on which it was made.
func undated(path string) (string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	for line := range strings.Lines(string(data)) {
		fields := strings.Split(line, ":")
		if len(fields) > 2 {
			fields[2] = ""
		}
		out.WriteString(strings.Join(fields, ":"))
	}
	return out.String(), nil
}

// anyOrder are the lines of a file whose order says nothing but when something
// was unpacked.
func anyOrder(path string) (string, error) {
	data, err := os.ReadFile(path)
	return strings.Join(slices.Sorted(strings.Lines(string(data))), ""), err
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
