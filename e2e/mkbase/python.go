package main

import (
	"archive/zip"
	"fmt"
	"io"
	"path"
	"strings"
)

const (
	pythonVersion = "3.10.8"
	// jarRoot is where the jar keeps the files of its platform.
	jarRoot = "org/bytedeco/cpython/linux-arm64/"
)

// addPython puts the jar's CPython where the official image has it: under
// /usr/local. Its tests and headers, which slim images lack or nobody here
// needs, stay out.
func addPython(t *tree, jar string) error {
	err := eachFile(jar, func(name string, data []byte) {
		rel, ok := strings.CutPrefix(name, jarRoot)
		if !ok || skipped(rel) {
			return
		}
		dir, base := path.Split(rel)
		switch {
		case rel == "bin/python3.10":
			t.write("usr/local/bin/python3.10", 0o755, data)
		case rel == "libpython3.10.so.1.0", rel == "libffi.so.6":
			t.write("usr/local/lib/"+base, 0o755, data)
		case strings.HasPrefix(dir, "lib/python3.10/"):
			mode := int64(0o644)
			if strings.HasSuffix(base, ".so") {
				mode = 0o755
			}
			t.write("usr/local/"+rel, mode, data)
		}
	})
	if err != nil {
		return err
	}
	if _, err := t.read("usr/local/bin/python3.10"); err != nil {
		return fmt.Errorf("reading %q: %w", jar, err)
	}
	t.symlink("usr/local/bin/python3", "python3.10")
	t.symlink("usr/local/bin/python", "python3")
	t.symlink("usr/local/lib/libpython3.10.so", "libpython3.10.so.1.0")
	return nil
}

func skipped(rel string) bool {
	for _, dir := range []string{"test", "idlelib", "turtledemo", "tkinter", "lib2to3/tests", "config-3.10-aarch64-linux-gnu"} {
		if strings.HasPrefix(rel, "lib/python3.10/"+dir+"/") {
			return true
		}
	}
	return false
}

// addWheels unpacks pure wheels (pip and its like) into site-packages, and
// gives pip its command.
func addWheels(t *tree, wheels []string) error {
	for _, wheel := range wheels {
		err := eachFile(wheel, func(name string, data []byte) {
			t.write("usr/local/lib/python3.10/site-packages/"+name, 0o644, data)
		})
		if err != nil {
			return err
		}
	}
	if _, err := t.read("usr/local/lib/python3.10/site-packages/pip/__main__.py"); err == nil {
		script := "#!/usr/local/bin/python3.10\nimport sys\nfrom pip._internal.cli.main import main\nsys.exit(main())\n"
		t.write("usr/local/bin/pip", 0o755, []byte(script))
		t.write("usr/local/bin/pip3", 0o755, []byte(script))
	}
	return nil
}

func eachFile(archive string, use func(name string, data []byte)) error {
	zr, err := zip.OpenReader(archive)
	if err != nil {
		return fmt.Errorf("reading %q: %w", archive, err)
	}
	defer func() { _ = zr.Close() }()
	for _, f := range zr.File {
		if f.FileInfo().IsDir() {
			continue
		}
		rc, err := f.Open()
		if err != nil {
			return fmt.Errorf("reading %q in %q: %w", f.Name, archive, err)
		}
		data, err := io.ReadAll(rc)
		rc.Close()
		if err != nil {
			return fmt.Errorf("reading %q in %q: %w", f.Name, archive, err)
		}
		use(f.Name, data)
	}
	return nil
}
