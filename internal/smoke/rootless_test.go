package smoke

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestRootlessSocket: the containerd of containerd-rootless.sh is reached by way
// of rootlesskit's child.
func TestRootlessSocket(t *testing.T) {
	for text, want := range map[string]string{"4711\n": "/proc/4711/root/run/containerd/containerd.sock", "": "", "-1": "", "1/../../2": ""} {
		dir := t.TempDir()
		if err := os.Mkdir(filepath.Join(dir, "containerd-rootless"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "containerd-rootless", "child_pid"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		got := Options{}.addresses(func(name string) string {
			if name == "XDG_RUNTIME_DIR" {
				return dir
			}
			return ""
		})
		if slices.Contains(got, want) != (want != "") || want == "" && len(got) != 3 {
			t.Errorf("%q: %q", text, got)
		}
	}
}

// TestWhoseFault tells a machine that can't start containers from an image whose
// process can't be started, by what runc says.
func TestWhoseFault(t *testing.T) {
	const begin = "failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: "
	for text, machine := range map[string]bool{
		begin + `error during container init: error creating device nodes: mount /dev/full:/x/dev/full: no such file or directory`: true,
		begin + `unable to apply cgroup configuration: mkdir /sys/fs/cgroup/x: permission denied`:                                  true,
		`failed to mount rootfs component: operation not permitted`:                                                                true,
		begin + `exec: "gunicorn": executable file not found in $PATH`:                                                             false,
		begin + `error during container init: exec: "/app": permission denied`:                                                     false,
		begin + `chdir to cwd ("/nowhere") set in config.json failed: no such file or directory`:                                   false,
		`image has neither an entrypoint nor a command`:                                                                            false,
	} {
		if isOfMachine(text) != machine {
			t.Errorf("%s", text)
		}
	}
}
