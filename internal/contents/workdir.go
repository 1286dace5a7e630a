package contents

import (
	"context"
	"fmt"
	"io/fs"
	"time"

	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/layers"
)

// Workdir makes the layer with the directory that the image starts in, owned by
// its user, where neither the base nor a layer below has it: it comes last.
type Workdir struct {
	// Path is absolute; empty means none of its own.
	Path string
	// User owns it.
	User base.UserSpec
	// GroupLikeOwner lets its group do what its owner may.
	GroupLikeOwner bool
	// ModTime is the time of everything in the layer.
	ModTime time.Time
}

// Plan implements [Maker]. A directory that is there keeps its owner.
func (w Workdir) Plan(_ context.Context, on *Ground) (Planned, error) {
	dir := relative(w.Path)
	if dir == "" || on.HasDir(dir) || on.made[dir] {
		return Planned{}, nil
	}
	if file := on.fileOnTheWay(w.Path); file != "" {
		return Planned{}, fmt.Errorf("workdir: %q can't be created: %q is a file in the base", w.Path, file)
	}
	mode := fs.FileMode(0o755)
	if w.GroupLikeOwner {
		mode = 0o775
	}
	entries := []layers.Entry{{Path: dir, Mode: fs.ModeDir | mode, UID: w.User.UID, GID: w.User.GID, Owner: "workdir"}}
	owner := fmt.Sprintf("%d:%d", w.User.UID, w.User.GID)
	key := append([]string{"workdir", fmt.Sprint(w.ModTime.Unix()), dir, owner}, on.existingParents(entries)...)
	if w.GroupLikeOwner {
		key = append(key, mode.String())
	}
	spec := layers.Spec{Exists: on.HasDir, Size: layers.EstimateSize(entries), Entries: func() ([]layers.Entry, error) { return entries, nil }}
	return Planned{Layers: []Layer{Layer{Kind: KindWorkdir}.with(spec, "/"+dir, key)}, Dirs: dirsOf(entries)}, nil
}
