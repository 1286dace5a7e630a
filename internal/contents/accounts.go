package contents

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"time"

	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/layers"
)

// Accounts makes the layer with passwd and group, where the user is missing in
// the base's, the user's home, and directories, empty files and links that the
// config lists.
type Accounts struct {
	// User is the image's user; the zero value is none of its own.
	User base.UserSpec
	// Users and Groups are others that the image has.
	Users  []base.UserSpec
	Groups []base.GroupSpec
	// GroupLikeOwner lets a home's group do what its owner may.
	GroupLikeOwner bool
	// Dirs and Files are directories, and files without content.
	Dirs, Files []Place
	// Links are symbolic links: absolute paths, and what they lead to.
	Links map[string]string
	// Replace are paths that files and links may take the place of, though the
	// base needs what is there.
	Replace []string
	// Note is told what the user should know; nil is silent.
	Note func(string)
	// ModTime is the time of everything in the layer.
	ModTime time.Time
}

// Plan implements [Maker]. Without a user and directories there is no layer.
func (a Accounts) Plan(_ context.Context, on *Ground) (Planned, error) {
	if a.IsEmpty() {
		return Planned{}, nil
	}
	entries, names, err := a.accounts(on)
	if err != nil {
		return Planned{}, err
	}
	made, err := a.places(on)
	if err != nil {
		return Planned{}, err
	}
	for _, e := range made {
		at := slices.IndexFunc(entries, func(o layers.Entry) bool { return o.Path == e.Path })
		if at < 0 {
			entries = append(entries, e)
			names = append(names, "/"+e.Path)
		} else if !e.Mode.IsDir() || !entries[at].Mode.IsDir() {
			return Planned{}, fmt.Errorf("%s: %q is a file that the accounts need", e.Owner, "/"+e.Path)
		}
	}
	key := []string{"accounts", fmt.Sprint(a.ModTime.Unix())}
	for _, e := range entries {
		key = append(key, e.Path, e.Mode.String(), fmt.Sprint(e.UID), fmt.Sprint(e.GID), string(e.Data))
		if e.Link != "" {
			key = append(key, e.Link)
		}
	}
	key = append(key, on.existingParents(entries)...)
	exists := on.Target.Facts.HasDir
	spec := layers.Spec{Exists: exists, Size: layers.EstimateSize(entries), Entries: func() ([]layers.Entry, error) { return entries, nil }}
	return Planned{Layers: []Layer{Layer{Kind: KindAccounts}.with(spec, report.List(names), key)}, Dirs: dirsOf(entries), Files: filesOf(entries)}, nil
}

// IsEmpty reports whether there is nothing to make.
func (a Accounts) IsEmpty() bool {
	return a.User.Name == "" && len(a.Users)+len(a.Groups)+len(a.Dirs)+len(a.Files)+len(a.Links) == 0
}

// accounts are the entries for groups and users: passwd, group and homes.
func (a Accounts) accounts(on *Ground) (entries []layers.Entry, names []string, err error) {
	users := slices.Clone(a.Users)
	if a.User.Name != "" { // numbers alone need no account
		users = append([]base.UserSpec{a.User}, users...)
	}
	if len(users)+len(a.Groups) == 0 {
		return nil, nil, nil
	}
	passwd, group, changed, err := base.Accounts(on.Target.Facts, a.Groups, users)
	if err != nil {
		return nil, nil, err
	}
	if changed {
		// Where /etc is a link, the files go where it leads; a file that is a
		// link is replaced by what it led to, with the user added.
		etc, _ := on.Target.Facts.Resolve("/etc")
		entries = append(entries, textFile(relative(etc+"/passwd"), passwd), textFile(relative(etc+"/group"), group))
		for _, u := range users {
			names = append(names, "user "+u.Name)
		}
		for _, g := range a.Groups {
			names = append(names, "group "+g.Name)
		}
	}
	for _, u := range users {
		if file := on.fileOnTheWay(u.Home); file != "" {
			return nil, nil, fmt.Errorf("%s: %q can't be created: %q is a file in the base", a.homeField(u), u.Home, file)
		}
		home := relative(u.Home)
		if home == "" || on.HasDir(home) || u.Home == noHome && u.Name != a.User.Name {
			continue
		}
		if slices.ContainsFunc(entries, func(e layers.Entry) bool { return e.Path == home }) {
			continue // two users share it, and the first one has it
		}
		entries = append(entries, layers.Entry{Path: home, Mode: fs.ModeDir | a.dirMode(), UID: u.UID, GID: u.GID, Owner: "user"})
		names = append(names, u.Home)
	}
	return entries, names, nil
}

// noHome is the home of users that have none.
const noHome = "/nonexistent"

func (a Accounts) homeField(u base.UserSpec) string {
	if u.Name == a.User.Name {
		return "user.home"
	}
	return "accounts.users: home of " + u.Name
}

// dirMode is that of directories.
func (a Accounts) dirMode() fs.FileMode {
	if a.GroupLikeOwner {
		return 0o775
	}
	return 0o755
}

// filesOf lists the files and links among entries, as absolute paths.
func filesOf(entries []layers.Entry) []string {
	var files []string
	for _, e := range entries {
		if !e.Mode.IsDir() {
			files = append(files, "/"+e.Path)
		}
	}
	return files
}

// dirsOf lists the directories among entries, and the parents of all of them.
func dirsOf(entries []layers.Entry) []string {
	var dirs []string
	for _, e := range entries {
		if e.Mode.IsDir() {
			dirs = append(dirs, e.Path)
		}
		for dir := path.Dir(e.Path); dir != "."; dir = path.Dir(dir) {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

// textFile is a generated file that belongs to root.
func textFile(name string, data []byte) layers.Entry {
	return layers.Entry{Path: name, Mode: 0o644, Size: int64(len(data)), Data: data, Owner: "user"}
}
