package install

import (
	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/debs/root"
)

// maxData bounds a file that facts are drawn from, in bytes.
const maxData = 64 << 20

// listed lists all of a root's paths, parents first, with the content of those
// files that facts are drawn from.
func listed(r *root.Root) ([]base.File, error) {
	var out []base.File
	dirs := []string{""}
	behind := map[string]bool{} // links to such files
	for len(dirs) > 0 {
		dir := dirs[0]
		dirs = dirs[1:]
		infos, err := r.ReadDir(dir + "/")
		if err != nil {
			return nil, err
		}
		for _, i := range infos {
			f := base.File{Path: dir + "/" + i.Name, Mode: i.Mode, UID: i.UID, GID: i.GID, Link: i.Link, Size: i.Size}
			if i.Mode.IsDir() {
				dirs = append(dirs, f.Path)
			}
			if i.Link != "" && base.NeedsData(f.Path) {
				if real, err := r.Real(f.Path, root.NothingMissing); err == nil {
					behind[real] = true
				}
			}
			out = append(out, f)
		}
	}
	for i := range out {
		f := &out[i]
		if !f.Mode.IsRegular() || !base.NeedsData(f.Path) && !behind[f.Path] {
			continue
		}
		var err error
		if f.Data, err = r.ReadFile(f.Path, maxData); err != nil {
			return nil, err
		}
	}
	return out, nil
}
