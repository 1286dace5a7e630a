package layers

import "context"

// A sink takes the content of one run of entries into the layer's assembly.
//
// Several workers read runs of one layer at once, but the assembly takes them
// in order. Whoever has the turn writes straight through; the others gather
// what they read until their buffer is full, and wait then. The holder of the
// turn waits for nobody, so there is always one who gets on.
type sink struct {
	p      *packer
	turn   <-chan struct{} // closed when the run before is in the assembly; nil if there is none
	direct bool            // has the turn
	buf    *[]byte         // content gathered so far; runSize bytes at most
	items  []item          // entries gathered so far, the last one perhaps in part
}

// item is an entry that was gathered.
type item struct {
	entry   *Entry
	size    int // of its content in the buffer
	content content
	done    bool
}

// begin starts an entry.
func (s *sink) begin(e *Entry) error {
	ready, err := s.ready()
	if err != nil {
		return err
	}
	if ready {
		return s.p.out.begin(e)
	}
	s.items = append(s.items, item{entry: e})
	return nil
}

// write takes a part of the entry's content.
func (s *sink) write(ctx context.Context, b []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	ready, err := s.ready()
	if err != nil {
		return err
	}
	if !ready && len(*s.buf)+len(b) <= runSize {
		if *s.buf == nil {
			*s.buf = make([]byte, 0, runSize)
		}
		*s.buf = append(*s.buf, b...)
		s.items[len(s.items)-1].size += len(b)
		return nil
	}
	if err := s.wait(ctx); err != nil {
		return err
	}
	s.p.out.tar.content(b)
	s.p.progress(int64(len(b)))
	return nil
}

// end ends the entry.
func (s *sink) end(e *Entry, c *content) error {
	ready, err := s.ready()
	if err != nil {
		return err
	}
	if ready {
		return s.p.out.end(e, s.p.source(e), c)
	}
	last := &s.items[len(s.items)-1]
	last.content, last.done = *c, true
	return nil
}

// ready reports whether the turn is the caller's, and takes it if it has come.
func (s *sink) ready() (bool, error) {
	if s.direct {
		return true, nil
	}
	if s.turn == nil {
		s.direct = true
		return true, nil
	}
	select {
	case <-s.turn:
		return true, s.flush()
	default:
		return false, nil
	}
}

// wait waits for the turn.
func (s *sink) wait(ctx context.Context) error {
	if ready, err := s.ready(); ready {
		return err
	}
	s.p.b.cores.give() // who waits needs none
	select {
	case <-s.turn:
		s.p.b.cores.insist()
		return s.flush()
	case <-ctx.Done():
		s.p.b.cores.insist()
		return ctx.Err()
	}
}

// flush hands over what was gathered.
func (s *sink) flush() error {
	s.direct = true
	buf := *s.buf
	for i := range s.items {
		it := &s.items[i]
		if err := s.p.out.begin(it.entry); err != nil {
			return &EntryError{Owner: it.entry.Owner, Path: it.entry.Path, Err: err}
		}
		s.p.out.tar.content(buf[:it.size])
		buf = buf[it.size:]
		s.p.progress(int64(it.size))
		if !it.done {
			break
		}
		if err := s.p.out.end(it.entry, s.p.source(it.entry), &it.content); err != nil {
			return &EntryError{Owner: it.entry.Owner, Path: it.entry.Path, Err: err}
		}
	}
	return nil
}
