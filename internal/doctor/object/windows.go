package object

import (
	"fmt"
	"slices"
	"sync"
)

const (
	// headWindow is what is kept of a file's start: headers, and as a rule the
	// tables of names, which come before the code.
	headWindow = 12 << 20
	// segmentWindow is what is kept of the start of each further segment: tools
	// that edit files put the tables that they have moved into a new one.
	segmentWindow = 1 << 20
	// lastWindow is what is kept of the last segment, in which they put the
	// names of all symbols.
	lastWindow = 5 << 20
	// maxWindows bounds all that is kept of a file, in bytes.
	maxWindows = 20 << 20
	pieceSize  = 64 << 10
)

// windows are parts of a file, in the order of their places.
type windows struct {
	size  int64
	total int64 // bytes of all
	list  []window
}

type window struct {
	at   int64
	want int64
	data []byte
}

func newWindows(size int64) *windows {
	w := &windows{size: size}
	w.add(0, headWindow)
	return w
}

// add wants a part of the file, as far as there is room for it.
func (w *windows) add(at, length int64) {
	if at < 0 || at >= w.size || length <= 0 {
		return
	}
	length = min(length, w.size-at, maxWindows-w.total)
	if length <= 0 {
		return
	}
	w.total += length
	w.list = append(w.list, window{at: at, want: length})
	slices.SortStableFunc(w.list, func(a, b window) int { return int(min(1, max(-1, a.at-b.at))) })
}

// keep takes from a piece at a place what belongs into windows.
func (w *windows) keep(at int64, piece []byte) {
	for i := range w.list {
		v := &w.list[i]
		from := v.at + int64(len(v.data))
		if from < at || from >= at+int64(len(piece)) {
			continue
		}
		to := min(at+int64(len(piece)), v.at+v.want)
		if from < to {
			if v.data == nil {
				v.data = room(v.want)
			}
			v.data = append(v.data, piece[from-at:to-at]...)
		}
	}
}

// rooms are kept between files: most of what is read of a large one is no more
// than a copy, which fresh memory makes three times as dear.
var rooms = sync.Pool{New: func() any {
	b := make([]byte, headWindow)
	return &b
}}

// leastRoom is from where on a window's memory is kept.
const leastRoom = segmentWindow + 1

// room returns memory for a window of so many bytes.
func room(want int64) []byte {
	if want < leastRoom || want > headWindow {
		return make([]byte, 0, want)
	}
	return (*rooms.Get().(*[]byte))[:0] //nolint:forcetypeassert // what New returns
}

// release gives the memory back. Nothing of the file may be read any more.
func (w *windows) release() {
	for i := range w.list {
		if d := w.list[i].data; cap(d) == headWindow {
			d = d[:cap(d)]
			rooms.Put(&d)
		}
	}
	w.list = nil
}

func (w *windows) whole() bool {
	return !slices.ContainsFunc(w.list, func(v window) bool { return int64(len(v.data)) < v.want })
}

// outsideError says that a part of the file isn't in a window.
type outsideError struct{ at, length int64 }

func (e *outsideError) Error() string {
	return fmt.Sprintf("its tables lie too far apart: %d bytes at %d", e.length, e.at)
}

// read returns length bytes of a place.
func (w *windows) read(at, length int64) ([]byte, error) {
	if at < 0 || length < 0 || at > w.size || length > w.size-at {
		return nil, fmt.Errorf("it has %d bytes, but refers to %d at %d", w.size, length, at)
	}
	for _, v := range w.list {
		if at >= v.at && at+length <= v.at+int64(len(v.data)) {
			return v.data[at-v.at:][:length], nil
		}
	}
	return nil, &outsideError{at, length}
}

// maxText bounds a name, a search path or a loader's path.
const maxText = 16 << 10

// text returns what is at a place up to a zero byte.
func (w *windows) text(at int64) (string, error) {
	if at < 0 || at >= w.size {
		return "", fmt.Errorf("it has %d bytes, but refers to a name at %d", w.size, at)
	}
	for _, v := range w.list {
		if at < v.at || at >= v.at+int64(len(v.data)) {
			continue
		}
		rest := v.data[at-v.at:]
		if i := slices.Index(rest[:min(len(rest), maxText)], 0); i >= 0 {
			return string(rest[:i]), nil
		}
		if len(rest) >= maxText {
			return "", fmt.Errorf("its name at %d is longer than %d bytes", at, maxText)
		}
	}
	return "", &outsideError{at, min(maxText, w.size-at)}
}
