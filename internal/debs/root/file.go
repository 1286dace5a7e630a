package root

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
)

// Flags of [Root.OpenFile]; without Write a file is read.
const (
	Write  = 1 << iota // for writing
	Append             // each write goes to the end
	Create             // make the file if it isn't there
	Excl               // with Create: it must not be there
	Trunc              // empty the file first
)

// Handle is an open file.
type Handle struct {
	root   *Root
	node   *node
	flags  int
	offset int64
	reader io.ReadCloser
}

// OpenFile opens a file; a directory can't be opened.
func (r *Root) OpenFile(path string, flags int, perm fs.FileMode) (*Handle, error) {
	n, err := r.openNode(path, flags, perm)
	if err != nil {
		return nil, pathError("open", path, err)
	}
	if n.mode.IsDir() {
		return nil, pathError("open", path, ErrIsDir)
	}
	if flags&Trunc != 0 && n.size > 0 {
		r.alter(n)
		n.data, n.own, n.open, n.size = nil, false, nil, 0
		n.library, n.cap = nil, ""
	}
	return &Handle{root: r, node: n, flags: flags}, nil
}

func (r *Root) openNode(path string, flags int, perm fs.FileMode) (*node, error) {
	if flags&Create == 0 {
		return r.walk(path, true)
	}
	if flags&Excl != 0 {
		if _, err := r.walk(path, false); err == nil {
			return nil, ErrExist
		}
	}
	// A link that leads nowhere is followed, and its target made.
	real, err := r.Real(path, LastMissing)
	if err != nil {
		if pe, ok := err.(*fs.PathError); ok { //nolint:errorlint // made by Real just now
			return nil, pe.Err
		}
		return nil, err
	}
	if n, err := r.walk(real, true); err == nil {
		return n, nil
	}
	dir, name, err := r.place(real)
	if err != nil {
		return nil, err
	}
	n := &node{mode: perm & special}
	return n, r.enter(dir, name, n)
}

// Read reads on from where the last Read ended.
func (h *Handle) Read(p []byte) (int, error) {
	if h.node.open != nil {
		if h.reader == nil {
			rc, err := h.node.open()
			if err != nil {
				return 0, err
			}
			h.reader = rc
		}
		n, err := h.reader.Read(p)
		h.offset += int64(n)
		return n, err
	}
	if h.offset >= int64(len(h.node.data)) {
		return 0, io.EOF
	}
	n := copy(p, h.node.data[h.offset:])
	h.offset += int64(n)
	return n, nil
}

// Write writes on from where the last Write ended.
func (h *Handle) Write(p []byte) (int, error) {
	if h.flags&(Write|Append) == 0 {
		return 0, ErrPermission
	}
	if err := h.root.spend(len(p)); err != nil {
		return 0, err
	}
	if err := h.root.load(h.node); err != nil {
		return 0, err
	}
	h.root.alter(h.node)
	n := h.node
	n.library, n.cap = nil, "" // as the kernel drops capabilities
	if h.flags&Append != 0 {
		h.offset = n.size
	}
	if !n.own {
		n.data, n.own = bytes.Clone(n.data), true
	}
	if gap := h.offset - int64(len(n.data)); gap > 0 {
		if err := h.root.spend(int(gap)); err != nil {
			return 0, err
		}
		n.data = append(n.data, make([]byte, gap)...)
	}
	n.data = append(n.data[:h.offset], append(p[:len(p):len(p)], tail(n.data, h.offset+int64(len(p)))...)...)
	h.offset += int64(len(p))
	n.size = int64(len(n.data))
	return len(p), nil
}

// Close ends reading; what was written is there already.
func (h *Handle) Close() error {
	if h.reader == nil {
		return nil
	}
	err := h.reader.Close()
	h.reader = nil
	return err
}

// Info describes the open file.
func (h *Handle) Info() Info { return h.node.info("") }

// load brings a file's content into memory, so that it can be changed.
func (r *Root) load(n *node) error {
	if n.open == nil {
		return nil
	}
	data, err := n.read(r.opts.MaxBytes)
	if err == nil {
		err = r.spend(len(data))
	}
	if err != nil {
		return err
	}
	r.alter(n)
	n.data, n.own, n.open = data, true, nil
	return nil
}

func tail(data []byte, from int64) []byte {
	if from >= int64(len(data)) {
		return nil
	}
	return bytes.Clone(data[from:])
}

func (n *node) read(limit int64) ([]byte, error) {
	if n.open == nil {
		n.own = false // since it is shared now
		return n.data, nil
	}
	rc, err := n.open()
	if err != nil {
		return nil, err
	}
	defer rc.Close()
	data, err := io.ReadAll(io.LimitReader(rc, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, &LimitError{fmt.Sprintf("%d bytes in one file", limit)}
	}
	return data, nil
}

// ReadFile returns a file's content, of limit bytes at most. The caller must
// not change it.
func (r *Root) ReadFile(path string, limit int64) ([]byte, error) {
	n, err := r.walk(path, true)
	if err == nil && n.mode.IsDir() {
		err = ErrIsDir
	}
	if err == nil && n.size > limit {
		err = &LimitError{fmt.Sprintf("%d bytes in one file", limit)}
	}
	if err != nil {
		return nil, pathError("read", path, err)
	}
	data, err := n.read(limit)
	if err != nil {
		return nil, pathError("read", path, err)
	}
	return data, nil
}

// WriteFile makes or overwrites a file; perm counts only for a new one.
func (r *Root) WriteFile(path string, data []byte, perm fs.FileMode) error {
	h, err := r.OpenFile(path, Write|Create|Trunc, perm)
	if err != nil {
		return err
	}
	if _, err := h.Write(data); err != nil {
		return pathError("write", path, err)
	}
	return h.Close()
}
