package main

import (
	"errors"
	"io/fs"
	"net"
	"net/http"
	"slices"

	"github.com/assemble-image/assemble/internal/debs/archive"
	"github.com/assemble-image/assemble/internal/debs/choose"
	debfetch "github.com/assemble-image/assemble/internal/debs/fetch"
	"github.com/assemble-image/assemble/internal/debs/solve"
	"github.com/assemble-image/assemble/internal/doctor"
	"github.com/assemble-image/assemble/internal/provide"
	"github.com/assemble-image/assemble/internal/wire"
)

// hintPackages helps with Debian packages.
func hintPackages(err error) string {
	for _, h := range []func(error) string{hintPackageLock, hintDebs, hintSolve, hintArchive} {
		if text := h(err); text != "" {
			return text
		}
	}
	return ""
}

func hintPackageLock(err error) string {
	var none *choose.BaseError
	var missing *provide.MissingLockError
	var outdated *provide.OutdatedError
	var other *provide.BaseError
	var corrupt *debfetch.CorruptError
	var found problemsError
	switch {
	case errors.As(err, &none):
		return "packages need a base of Debian or Ubuntu with dpkg's record of what it has, such as python:3.10-slim-bookworm; on any other, install them into a base of your own by its package manager"
	case errors.As(err, &missing):
		return "create it with assemble lock, or specify another one: packages: {lock: FILE}, or --package-lock FILE"
	case errors.As(err, &outdated), errors.As(err, &other), errors.As(err, &found) && slices.ContainsFunc(found.found, mendedByLock):
		return "lock the packages again: assemble lock; versions that still fit are kept"
	case errors.Is(err, provide.ErrOutput):
		return "choose another file for it: packages: {lock: FILE}, or --package-lock FILE"
	case errors.As(err, &corrupt):
		return "the archive has another file under that name: find out who changed it, try another mirror, or lock the package again (assemble lock --upgrade-package NAME)"
	}
	return ""
}

// mendedByLock reports whether a finding of check is about the lock of packages.
func mendedByLock(f doctor.Finding) bool {
	return f.ID == provide.KindOutdated || f.ID == provide.KindBase
}

func hintSolve(err error) string {
	var missing solve.NotFoundErrors
	var removal *solve.RemovalError
	var held *solve.HeldError
	var conflict *solve.ConflictError
	var broken *solve.BrokenBaseError
	switch {
	case errors.As(err, &missing):
		for _, m := range missing {
			switch {
			case len(m.Versions) > 0:
				return "name a version that there is, or its beginning (" + m.Request.Name + "=" + m.Versions[0] + "); older ones are in snapshots: packages: {snapshot: TIME}"
			case len(m.Providers) > 0, m.Pinned:
				return ""
			}
		}
		return "check the name on packages.debian.org or packages.ubuntu.com for the base's release; sources beside the base's are named in packages: {sources: […]}"
	case errors.As(err, &removal):
		return "leave out what is in its way, ask for a version that fits (NAME=VERSION), or use a base that doesn't have it"
	case errors.As(err, &held):
		return "take the hold off in the base (apt-mark unhold), or ask for versions that do with what it has"
	case errors.As(err, &broken):
		return "mend the base (apt-get --fix-broken install in its own build), or use another"
	case errors.As(err, &conflict):
		return "leave one of them out, or ask for another version (NAME=VERSION); where a source is missing, as a suite for security or updates, add it to packages: {sources: […]}"
	}
	return ""
}

func hintArchive(err error) string {
	var status *archive.StatusError
	var source *archive.SourceError
	var fetched *debfetch.Error
	var dial *net.OpError
	ours := errors.As(err, &source) || errors.As(err, &fetched)
	switch {
	case errors.Is(err, choose.ErrNoSources):
		return "name them in the config: packages: {install: [NAME], sources: ['http://deb.debian.org/debian bookworm main']}, or --package-source; where the base has no keys, either, packages.keyring"
	case errors.Is(err, archive.ErrExpired):
		return "the mirror isn't updated any longer, or this machine's clock is wrong; for an archive that is frozen on purpose, write [check-valid-until=no] into its source, or use --allow-expired-index once"
	case errors.Is(err, archive.ErrRollback):
		return "this mirror is behind another one, or somebody serves an old state in which mended faults are still there; if you know that it is right, --allow-older-index takes it"
	case errors.Is(err, archive.ErrFuture):
		return "this machine's clock is behind, or the snapshot isn't from the time that was asked for"
	case errors.Is(err, archive.ErrSuite):
		return "write the suite into the source as the archive calls itself"
	case errors.Is(err, archive.ErrNoKeys):
		return "name the file with the archive's keys: packages: {keyring: FILE}, [signed-by=…] in the source, or --package-keyring FILE"
	case errors.Is(err, archive.ErrSignature):
		return "if it is the right archive, its key is missing: name the file that has it, packages: {keyring: FILE}, or --package-keyring FILE; otherwise somebody has altered it"
	case errors.Is(err, archive.ErrNoSnapshots):
		return "name a source with @SNAPSHOTID@ in its URI, such as http://snapshot.debian.org/archive/debian/@SNAPSHOTID@ bookworm main"
	case errors.Is(err, archive.ErrOffline):
		return "run it once without --offline, or name a directory with .deb files: packages: {sources: [DIR]}"
	case source != nil && errors.Is(err, fs.ErrNotExist):
		return "the base hasn't got what its source names; name the file with the archive's keys: packages: {keyring: FILE}, or --package-keyring FILE"
	case ours && errors.Is(err, wire.ErrInsecure):
		return "a host of an internal network must be named by you: packages: {sources: [URI SUITE COMPONENT]}"
	case errors.As(err, &status) && (status.Status == http.StatusUnauthorized || status.Status == http.StatusForbidden):
		return "credentials come from netrc, or from the source's URI"
	case fetched != nil && errors.Is(err, archive.ErrNotFound):
		return "archives drop versions that they have newer ones of: lock again (assemble lock), or lock a snapshot, which stays: packages: {snapshot: TIME}"
	case errors.Is(err, archive.ErrNotFound):
		return "check the source's URI, suite and components; releases that aren't supported any longer move to an archive of their own"
	case ours && errors.As(err, &dial) && dial.Op == "dial":
		return "check the source's URI and the network; proxies are read from HTTP_PROXY, HTTPS_PROXY and NO_PROXY; another mirror is named in the source, [mirrors=URI]"
	}
	return ""
}
