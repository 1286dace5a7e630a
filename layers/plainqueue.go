package layers

// plainQueue compresses blocks of one file, several at once, and hands them
// on in order.
type plainQueue struct {
	cores   *cores
	add     func(blocks []byte) error
	slots   int          // made so far; each but the first holds a core
	free    []*plainSlot // idle
	pending []*plainSlot // at work, in order
}

// plainSlot is one block at work.
type plainSlot struct {
	block []byte // plainBlock bytes
	in    []byte // the part in use
	out   []byte
	err   error
	done  chan struct{}
	compressor
}

// maxPlainSlots bounds the memory for one file.
const maxPlainSlots = 16

// slot returns an idle slot: a new one if a core can be had for it, else one
// that has finished.
func (q *plainQueue) slot() (*plainSlot, error) {
	if len(q.free) == 0 && (q.slots == 0 || q.slots < maxPlainSlots && q.cores.take()) {
		q.slots++
		return &plainSlot{block: make([]byte, plainBlock), done: make(chan struct{}, 1)}, nil
	}
	if len(q.free) == 0 {
		if err := q.take(); err != nil {
			return nil, err
		}
	}
	last := len(q.free) - 1
	s := q.free[last]
	q.free = q.free[:last]
	return s, nil
}

// start sets a slot to work.
func (q *plainQueue) start(s *plainSlot) {
	q.pending = append(q.pending, s)
	go func() {
		s.out, s.err = s.compressor.block(s.in)
		s.done <- struct{}{}
	}()
}

// take waits for the first block at work and hands it on.
func (q *plainQueue) take() error {
	s := q.pending[0]
	q.pending = q.pending[1:]
	q.free = append(q.free, s)
	<-s.done
	if s.err != nil {
		return s.err
	}
	return q.add(s.out)
}

// drain hands on all blocks.
func (q *plainQueue) drain() error {
	for len(q.pending) > 0 {
		if err := q.take(); err != nil {
			return err
		}
	}
	return nil
}

// close waits for the blocks at work, whose outcome nobody wants any more,
// and gives the cores back.
func (q *plainQueue) close() {
	for _, s := range q.pending {
		<-s.done
	}
	q.pending = nil
	for ; q.slots > 1; q.slots-- {
		q.cores.give()
	}
}
