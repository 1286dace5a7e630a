package fetch

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/assemble-image/assemble/wheels"
)

// setAside renames what is at path, where a wheel that the lock pins is about to
// go: it is another one, and may be all that there is of something that was
// built by hand. The new name holds its digest and isn't a wheel's.
func (f *fetcher) setAside(path string) error {
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	mark := "unreadable"
	if got, err := f.identify(path, wheels.Options{LookupDigest: f.memory().Lookup}); err == nil {
		mark = got.SHA256[:12]
	}
	aside := path + ".set-aside-" + mark
	if err := os.Rename(path, aside); err != nil {
		return err
	}
	f.opt.Progress(Event{Kind: EventNote, File: filepath.Base(path), Note: fmt.Sprintf(
		"%s in the wheelhouse is not the locked file; it was set aside as %s", filepath.Base(path), filepath.Base(aside))})
	return nil
}
