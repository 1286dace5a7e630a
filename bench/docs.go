package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// renderVerb writes table and chart anew from the JSON in a directory.
func renderVerb(_ context.Context, args []string) error {
	if len(args) != 1 {
		return errors.New("usage: bench render OUT")
	}
	r, err := readReport(args[0])
	if err != nil {
		return err
	}
	return r.draw(args[0])
}

// docsVerb puts the tables and the chart of a directory into docs/.
func docsVerb(_ context.Context, args []string) error {
	if len(args) != 2 {
		return errors.New("usage: bench docs OUT DOCS")
	}
	r, err := readReport(args[0])
	if err != nil {
		return err
	}
	page := filepath.Join(args[1], "performance.md")
	b, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	text := string(b)
	for name, content := range map[string]string{"figures": r.markdown(), "updates": r.spreadMarkdown()} {
		if text, err = replaceBetween(text, name, content); err != nil {
			return fmt.Errorf("updating %q: %w", page, err)
		}
	}
	if err := os.WriteFile(page, []byte(text), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(args[1], "performance.svg"), []byte(r.chart()), 0o644)
}

// replaceBetween replaces what is between the comments "<!-- NAME: … -->" and
// "<!-- end of NAME -->".
func replaceBetween(text, name, content string) (string, error) {
	_, after, ok := strings.Cut(text, "<!-- "+name+":")
	_, after, closed := strings.Cut(after, "-->\n")
	start := len(text) - len(after)
	_, rest, ended := strings.Cut(after, "<!-- end of "+name+" -->")
	if !ok || !closed || !ended {
		return "", fmt.Errorf("no place for %q", name)
	}
	return text[:start] + "\n" + content + "\n<!-- end of " + name + " -->" + rest, nil
}
