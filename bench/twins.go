package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/assemble-image/assemble/wheels/tags"
)

// twinSuffix is what a twin's name ends with.
const twinSuffix = "_twin"

// twinsVerb makes a wheelhouse with twice the wheels: those in a directory,
// and a copy of each under another name, with all its files in other places,
// so that neither paths nor layers are shared. OUT also gets the lock of both,
// "lock.txt".
func twinsVerb(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("twins", flag.ContinueOnError)
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 3 {
		return errors.New("usage: bench twins LOCK DIR OUT")
	}
	return makeTwins(ctx, flags.Arg(0), flags.Arg(1), flags.Arg(2))
}

func makeTwins(ctx context.Context, lock, dir, out string) error {
	names, err := filepath.Glob(filepath.Join(dir, "*.whl"))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	text, err := os.ReadFile(lock)
	if err != nil {
		return err
	}
	all := strings.TrimRight(string(text), "\n") + "\n"
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			return err
		}
		pin, err := makeTwin(name, out)
		if err != nil {
			return fmt.Errorf("copying wheel %q: %w", filepath.Base(name), err)
		}
		all += pin
	}
	return os.WriteFile(filepath.Join(out, "lock.txt"), []byte(all), 0o644)
}

// makeTwin puts a link to the wheel and its twin into out, and returns the
// twin's line for a lock.
func makeTwin(name, out string) (string, error) {
	file, err := tags.ParseFilename(filepath.Base(name))
	if err != nil {
		return "", err
	}
	absolute, err := filepath.Abs(name)
	if err != nil {
		return "", err
	}
	if err := os.Symlink(absolute, filepath.Join(out, filepath.Base(name))); err != nil {
		return "", err
	}
	dist, rest, _ := strings.Cut(filepath.Base(name), "-")
	version, _, _ := strings.Cut(rest, "-")
	twin := filepath.Join(out, dist+twinSuffix+"-"+rest)
	if err := writeTwin(name, twin, dist+twinSuffix+"-"+version); err != nil {
		return "", err
	}
	digest, err := fileDigest(twin)
	if err != nil {
		return "", err
	}
	project := strings.ReplaceAll(dist+twinSuffix, "_", "-")
	return fmt.Sprintf("%s==%s --hash=sha256:%s\n", project, file.VersionText, digest), nil
}

func fileDigest(name string) (_ string, err error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	sum := sha256.New()
	if _, err := io.Copy(sum, bufio.NewReader(f)); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
