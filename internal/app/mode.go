package app

import "io/fs"

// permissions are what the options make of an entry's usual mode.
func (w *walker) permissions(usual fs.FileMode, k kind) fs.FileMode {
	if w.opt.Mode == 0 {
		if w.opt.GroupLikeOwner {
			usual |= usual >> 3 & 0o070
		}
		return usual
	}
	mode := w.opt.Mode
	if w.single == "" && k != kindFile {
		mode |= mode >> 2 & 0o111 // who may read it
	}
	if k == kindDir {
		mode &^= fs.ModeSetuid
	}
	return usual.Type() | mode
}
