// Command gen writes the layout that package embeddedbase embeds. Run it by
// go generate in that package's directory.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/assemble-image/assemble/internal/embeddedbase"
	"github.com/assemble-image/assemble/manifest"
)

func main() {
	if err := run("layout"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run replaces the content of dir, but keeps dir itself: it must exist for
// package embeddedbase to compile.
func run(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := os.RemoveAll(dir + "/" + e.Name()); err != nil {
			return err
		}
	}
	img := embeddedbase.Image(embeddedbase.Options{})
	return manifest.WriteLayout(context.Background(), dir, img, manifest.LayoutOptions{Tag: "latest"})
}
