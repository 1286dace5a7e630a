// Package docs holds the documents, so that `assemble help` can show them
// without a network.
package docs

import (
	"embed"
	"fmt"
)

//go:embed *.md assemble.schema.json record.schema.json
var files embed.FS

// Read returns the document of that file name, such as "security.md".
func Read(name string) (string, error) {
	data, err := files.ReadFile(name)
	if err != nil {
		return "", fmt.Errorf("reading document %q: %w", name, err)
	}
	return string(data), nil
}
