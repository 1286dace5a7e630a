package layers_test

import (
	"context"
	"fmt"
	"io/fs"
	"log"

	"github.com/assemble-image/assemble/layers"
)

// Build packs each spec into one layer. The same entries give the same digest
// on every machine.
func ExampleBuild() {
	spec := layers.Spec{
		Name: "app",
		Entries: func() ([]layers.Entry, error) {
			return []layers.Entry{
				{Path: "app", Mode: fs.ModeDir | 0o755},
				{Path: "app/main.py", Mode: 0o644, Data: []byte("print('hello')\n"), Size: 15},
			}, nil
		},
	}
	built, err := layers.Build(context.Background(), []layers.Spec{spec}, layers.Options{})
	if err != nil {
		log.Fatal(err)
	}
	digest, err := built[0].Digest()
	if err != nil {
		log.Fatal(err)
	}
	diffID, err := built[0].DiffID()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(built[0].Name())
	fmt.Println(digest)
	fmt.Println(diffID)
	// Output:
	// app
	// sha256:2f1dc5d469b3a7f4a06c9c142366f3b824ffa6108bd269bf4d4ae065a9aa39d2
	// sha256:bb2eac36c0bd201c1af966872b6e4e5d3ebdcb94b20ee1cddc7e8f28c8aa177c
}
