package wheels_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"

	"github.com/assemble-image/assemble/internal/wheeltest"
	"github.com/assemble-image/assemble/wheels"
)

// A wheel becomes the entries of a layer: what an installer would put into
// site-packages, the commands, and the records that say so.
func ExampleOpen() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	demo := wheeltest.Wheel{
		Name: "demo", Version: "1.0",
		Files:       []wheeltest.File{{Name: "demo/__init__.py", Data: []byte("def main(): print('hello')\n")}},
		EntryPoints: "[console_scripts]\nhello = demo:main\n",
	}
	path := filepath.Join(dir, demo.Filename())
	if err := os.WriteFile(path, demo.Bytes(), 0o600); err != nil {
		log.Fatal(err)
	}

	wheel, err := wheels.Open(path, wheels.Options{})
	if err != nil {
		log.Fatal(err)
	}
	entries, err := wheel.Entries(wheels.Scheme{
		Purelib: "usr/lib/python3/site-packages", Platlib: "usr/lib/python3/site-packages",
		Scripts: "usr/bin", Data: "usr", Headers: "usr/include/python3", Interpreter: "/usr/bin/python3",
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(wheel.Metadata.Name, wheel.Metadata.Version)
	var paths []string
	for _, e := range entries {
		paths = append(paths, e.Path)
	}
	slices.Sort(paths)
	for _, p := range paths {
		fmt.Println(p)
	}
	// Output:
	// demo 1.0
	// usr/bin/hello
	// usr/lib/python3/site-packages/demo-1.0.dist-info/INSTALLER
	// usr/lib/python3/site-packages/demo-1.0.dist-info/METADATA
	// usr/lib/python3/site-packages/demo-1.0.dist-info/RECORD
	// usr/lib/python3/site-packages/demo-1.0.dist-info/WHEEL
	// usr/lib/python3/site-packages/demo-1.0.dist-info/entry_points.txt
	// usr/lib/python3/site-packages/demo/__init__.py
}
