package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/assemble-image/assemble/internal/app"
	"github.com/assemble-image/assemble/internal/config"
	"github.com/assemble-image/assemble/internal/debs/archive"
	debfetch "github.com/assemble-image/assemble/internal/debs/fetch"
	"github.com/assemble-image/assemble/internal/download"
	"github.com/assemble-image/assemble/internal/fetch"
	"github.com/assemble-image/assemble/internal/osfile"
	"github.com/assemble-image/assemble/internal/provide"
	"github.com/assemble-image/assemble/internal/registry"
	"github.com/assemble-image/assemble/internal/smoke"
	"github.com/assemble-image/assemble/internal/trust"
	"github.com/assemble-image/assemble/internal/unarchive"
	"github.com/assemble-image/assemble/layers"
	"github.com/assemble-image/assemble/manifest"
	"github.com/assemble-image/assemble/sign"
	"github.com/assemble-image/assemble/wheels"
)

// isSmokeFailure reports whether the image was started and did not pass.
func isSmokeFailure(err error) bool {
	var exited *smoke.ContainerExitedError
	var unhealthy *smoke.UnhealthyError
	var timeout *smoke.TimeoutError
	var imports *smoke.ImportError
	return errors.As(err, &exited) || errors.As(err, &unhealthy) || errors.As(err, &timeout) || errors.As(err, &imports)
}

// isMismatch reports whether something is not what its digest, hash or
// signature says.
func isMismatch(err error) bool {
	var hash *wheels.HashMismatchError
	var wheel *fetch.CorruptError
	var packed *debfetch.CorruptError
	var file *download.DigestError
	var unpacked *unarchive.DigestError
	if errors.As(err, &hash) || errors.As(err, &wheel) || errors.As(err, &packed) || errors.As(err, &file) || errors.As(err, &unpacked) {
		return true
	}
	for _, kind := range []error{
		layers.ErrContent, layers.ErrSourceChanged, manifest.ErrCorrupt, registry.ErrContent,
		app.ErrDigest, archive.ErrSignature, archive.ErrMismatch, trust.ErrNoMatch, trust.ErrUnsigned, trust.ErrModel, sign.ErrSignature,
	} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

// smokeLog is the end of the container's output, "" where there is none.
func smokeLog(err error) string {
	var exited *smoke.ContainerExitedError
	var unhealthy *smoke.UnhealthyError
	var timeout *smoke.TimeoutError
	var imports *smoke.ImportError
	switch {
	case errors.As(err, &exited):
		return exited.Log
	case errors.As(err, &unhealthy):
		return unhealthy.Log
	case errors.As(err, &timeout):
		return timeout.Log
	case errors.As(err, &imports):
		return imports.Log
	}
	return ""
}

// missingInputError is an error about something that the config names and
// that isn't there, with how it comes to be.
type missingInputError struct {
	error
	hint string
}

func (e missingInputError) Unwrap() error { return e.error }

const missingLockHint = "create it with assemble lock FILE, or specify another lock with --lock"

// requireLockFile returns an error where one of the config's locks is missing,
// which is worth knowing before a base is opened, perhaps from far away.
func requireLockFile(cfg *config.Config) error {
	if !cfg.Packages.IsZero() {
		if _, err := os.Stat(cfg.Packages.Lock.Abs); errors.Is(err, fs.ErrNotExist) {
			return &provide.MissingLockError{Lock: cfg.Packages.Lock.String(), Err: osfile.WithoutPath(err)}
		}
	}
	if cfg.Lock.IsZero() {
		return nil
	}
	if _, err := os.Stat(cfg.Lock.Abs); errors.Is(err, fs.ErrNotExist) {
		return missingInputError{fmt.Errorf("opening lock %q: %w", cfg.Lock, osfile.WithoutPath(err)), missingLockHint}
	}
	return nil
}

// explainMissing marks err where the config's lock or wheelhouse is missing.
func explainMissing(err error, cfg *config.Config) error {
	var at *fs.PathError
	if !errors.Is(err, fs.ErrNotExist) || !errors.As(err, &at) {
		return err
	}
	switch at.Path {
	case cfg.Lock.Abs:
		return missingInputError{err, missingLockHint}
	case cfg.Wheelhouse.Abs:
		return missingInputError{err, "download the lock's wheels into it with assemble fetch, or specify another directory with --wheelhouse"}
	}
	return err
}
