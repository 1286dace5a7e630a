package inflate

const (
	history = 32 << 10 // how far back a match may reach (RFC 1951, 3.2.5)
	// outputPad is the room for one turn of a loop: three literals, the
	// longest match, and what its copying overshoots.
	outputPad  = 320
	outputMask = 1<<17 - 1
	outputSize = outputMask + 1 + 8
	// outputLimit is the last place to start a turn at.
	outputLimit = outputMask + 1 - outputPad
)

// unknown stands for a size or length that is not declared. It leaves room to
// count its bits.
const unknown = 1 << 59

// output is the content side of a decoder: what was not handed out yet, after
// as much of what was as matches may refer to. The array starts with the
// stream's first byte or, later, is never less than history bytes full; so
// a match reaches too far back exactly when it starts at a negative index.
type output struct {
	emit func(p []byte) error
	size int64 // declared
	done int64 // bytes handed out
	from uint  // index in out of the first byte not handed out
	at   uint  // index in out of the next byte

	out [outputSize]byte
}

// reset starts a new stream.
func (o *output) reset(size int64, emit func(p []byte) error) {
	o.emit, o.size = emit, size
	o.done, o.from, o.at = 0, 0, 0
}

// checkSize returns an error if there is more content than declared.
func (o *output) checkSize() error {
	if got := o.done + int64(o.at-o.from); got > o.size {
		return &SizeError{Declared: o.size, Got: got, AtLeast: true}
	}
	return nil
}

// flush hands out what there is.
func (o *output) flush() error {
	if err := o.checkSize(); err != nil {
		return err
	}
	if o.from == o.at {
		return nil
	}
	if err := o.emit(o.out[o.from:o.at]); err != nil {
		return err
	}
	o.done += int64(o.at - o.from)
	o.from = o.at
	return nil
}

// makeRoom hands out what there is and keeps the history. The array is full.
func (o *output) makeRoom() error {
	if err := o.flush(); err != nil {
		return err
	}
	o.slide()
	return nil
}

// slide keeps the history of what was handed out, which is all there is.
func (o *output) slide() {
	copy(o.out[:history], o.out[o.at-history:o.at])
	o.from, o.at = history, history
}

// finish hands out the rest; the content must be complete.
func (o *output) finish() error {
	if got := o.done + int64(o.at-o.from); got < o.size {
		return &SizeError{Declared: o.size, Got: got}
	}
	return o.flush()
}
