package smoke

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// rootlessSocket is the socket of a containerd that rootlesskit has started, as
// containerd-rootless.sh does: it lies in a mount namespace of its own, which is
// reached by way of the process that rootlesskit names in its state directory. It
// is "" where there is no such process.
func rootlessSocket(runtimeDir string) string {
	text, err := os.ReadFile(filepath.Join(runtimeDir, "containerd-rootless", "child_pid"))
	if err != nil {
		return ""
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || pid <= 0 {
		return ""
	}
	return filepath.Join("/proc", strconv.Itoa(pid), "root", defaultAddress)
}
