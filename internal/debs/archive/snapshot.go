package archive

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
)

// snapshotID stands for the time in the URI of an archive's earlier states, as
// in Release's field Snapshots.
const snapshotID = "@SNAPSHOTID@"

// ErrNoSnapshots says that an archive doesn't tell where its earlier states are.
var ErrNoSnapshots = errors.New("it has no earlier states: neither its URI has " + snapshotID + ", nor its Release the field Snapshots")

// SnapshotURI returns an archive's URI with the time in the place of
// @SNAPSHOTID@; where it has none, or the time is zero, it is as it was.
func SnapshotURI(uri string, at time.Time) string {
	if at.IsZero() {
		return uri
	}
	return strings.ReplaceAll(uri, snapshotID, at.UTC().Format("20060102T150405Z"))
}

// Snapshot returns the source as it was at a time: with the time in the place of
// @SNAPSHOTID@ in its URIs or, where they have none, at the URI that the
// archive's Release names for earlier states, or the public one that is known to
// have them. Such a source is past its
// Valid-Until, which is not looked at then.
func (c *Client) Snapshot(ctx context.Context, root fs.FS, s Source, at time.Time) (Source, error) {
	s.AnyTime, s.Until = true, at
	s.URIs = slices.Clone(s.URIs)
	placed := false
	for i, uri := range s.URIs {
		placed = placed || strings.Contains(uri, snapshotID)
		s.URIs[i] = SnapshotURI(uri, at)
	}
	if placed {
		return s, nil
	}
	fail := func(err error) (Source, error) {
		return s, &SourceError{Source: s.String(), Where: s.Where, err: fmt.Errorf("looking for how it was at %s: %w", at.UTC().Format(time.RFC3339), err)}
	}
	var keys openpgp.EntityList
	if !s.Trusted {
		var err error
		if keys, err = Keyring(root, &s); err != nil {
			return fail(err)
		}
	}
	current := s
	current.Until, current.AnyTime = time.Time{}, false
	r, err := c.release(ctx, &current, keys)
	if err != nil {
		return fail(err)
	}
	uri := r.Snapshots
	if uri == "" {
		uri = publicSnapshots(s.URIs[0])
	}
	if !strings.Contains(uri, snapshotID) {
		return fail(ErrNoSnapshots)
	}
	s.URIs = []string{SnapshotURI(uri, at)}
	if err := s.check(); err != nil {
		return fail(err)
	}
	return s, nil
}

// publicSnapshots is where the earlier states of Debian's and Ubuntu's archives
// are, which their Release files don't always tell; empty for other archives. apt
// has the same table (Acquire::Snapshots::URI::Host).
func publicSnapshots(uri string) string {
	u, err := url.Parse(uri)
	if err != nil {
		return ""
	}
	dir := strings.Trim(u.Path, "/")
	switch host := u.Hostname(); {
	case host == "deb.debian.org", host == "ftp.debian.org", host == "security.debian.org", strings.HasPrefix(host, "ftp.") && strings.HasSuffix(host, ".debian.org"):
		return "http://snapshot.debian.org/archive/" + dir + "/" + snapshotID
	case host == "archive.ubuntu.com", host == "security.ubuntu.com", strings.HasSuffix(host, ".archive.ubuntu.com"):
		return "https://snapshot.ubuntu.com/" + dir + "/" + snapshotID
	case host == "ports.ubuntu.com":
		return "https://snapshot.ubuntu.com/ubuntu/" + snapshotID
	}
	return ""
}
