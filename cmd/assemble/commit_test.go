package main

import (
	"bytes"
	"compress/zlib"
	"crypto/sha1"
	"fmt"
	"os"
	"path/filepath"
)

// writeCommit writes a commit object (gitformat-commit) and the branch main.
func writeCommit(gitDir, seconds string) error {
	text := "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n" +
		"author a <a@example.com> 1 +0000\ncommitter c <c@example.com> " + seconds + " +0000\n\nnothing\n"
	text = fmt.Sprintf("commit %d\x00%s", len(text), text)
	id := fmt.Sprintf("%x", sha1.Sum([]byte(text)))
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	if _, err := z.Write([]byte(text)); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	for path, data := range map[string][]byte{
		filepath.Join("objects", id[:2], id[2:]): packed.Bytes(),
		"refs/heads/main":                        []byte(id + "\n"),
	} {
		path = filepath.Join(gitDir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			return err
		}
	}
	return nil
}
