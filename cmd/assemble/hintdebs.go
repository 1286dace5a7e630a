package main

import (
	"errors"

	"github.com/assemble-image/assemble/internal/debs/configure"
	"github.com/assemble-image/assemble/internal/debs/deb"
	"github.com/assemble-image/assemble/internal/debs/unpack"
)

// hintDebs helps with the packages' files and scripts.
func hintDebs(err error) string {
	var script *configure.ScriptError
	var mismatch *deb.MismatchError
	var overwrite *unpack.OverwriteError
	var limit *deb.LimitError
	switch {
	case errors.As(err, &script):
		return "leave the package out, or take another version of it (NAME=VERSION); where it is needed, install it into a base of your own by apt"
	case errors.As(err, &mismatch):
		return "the file isn't the package that is locked: remove it, so that it is fetched again"
	case errors.As(err, &overwrite):
		return "dpkg would refuse them together, too: leave one of them out, or take versions of one release"
	case errors.As(err, &limit), errors.Is(err, deb.ErrFormat):
		return "remove the file, so that it is fetched again; if it is the archive's own, the package can't be installed by dpkg either"
	}
	return ""
}
