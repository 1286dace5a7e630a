package pipeline

import (
	"fmt"
	"io/fs"
	"path"
	"slices"

	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/layers"
)

// accountsLayer holds passwd and group, where the user is missing in the
// base's, the user's home, and the directories that it may write to.
func (p *Pipeline) accountsLayer(t *target) (Layer, error) {
	u := p.cfg.User
	var entries []layers.Entry
	names := []string{}
	if !u.IsZero() {
		passwd, group, changed, err := base.Accounts(t.facts, base.UserSpec{Name: u.Name, UID: u.UID, GID: u.GID, Home: u.Home})
		if err != nil {
			return Layer{}, err
		}
		if changed {
			entries = append(entries, textFile("etc/passwd", passwd), textFile("etc/group", group))
			names = append(names, "user "+u.Name)
		}
		if file := fileOnTheWay(t.facts, u.Home); file != "" {
			return Layer{}, fmt.Errorf("user.home: %q can't be created: %q is a file in the base", u.Home, file)
		}
		if home := relative(u.Home); home != "" && !t.facts.HasDir(home) {
			entries = append(entries, layers.Entry{Path: home, Mode: fs.ModeDir | 0o755, UID: u.UID, GID: u.GID, Owner: "user"})
			names = append(names, u.Home)
		}
	}
	for _, dir := range p.cfg.Dirs {
		if file := fileOnTheWay(t.facts, dir); file != "" {
			return Layer{}, fmt.Errorf("dirs: %q can't be created: %q is a file in the base", dir, file)
		}
		e := layers.Entry{Path: relative(dir), Mode: fs.ModeDir | 0o755, UID: u.UID, GID: u.GID, Owner: "dirs"}
		if !slices.ContainsFunc(entries, func(o layers.Entry) bool { return o.Path == e.Path }) {
			entries = append(entries, e)
			names = append(names, dir)
		}
	}
	key := []string{"accounts", fmt.Sprint(p.layerTime().Unix())}
	for _, e := range entries {
		key = append(key, e.Path, e.Mode.String(), fmt.Sprint(e.UID), fmt.Sprint(e.GID), string(e.Data))
	}
	exists := t.facts.HasDir
	key = append(key, existingParents(entries, exists)...)
	spec := layers.Spec{Exists: exists, Size: packedSize(entries), Entries: func() ([]layers.Entry, error) { return entries, nil }}
	return Layer{Kind: KindAccounts}.with(spec, report.List(names), key), nil
}

// fileOnTheWay returns the path, or the part of it, that the base has as a
// file, "" where none is known.
func fileOnTheWay(facts *base.Facts, dir string) string {
	for at := path.Clean("/" + dir); at != "/"; at = path.Dir(at) {
		if facts.HasFile(at) {
			return at
		}
	}
	return ""
}

// textFile is a generated file that belongs to root.
func textFile(name string, data []byte) layers.Entry {
	return layers.Entry{Path: name, Mode: 0o644, Size: int64(len(data)), Data: data, Owner: "user"}
}
