package layers

// largeEntry is the size in bytes from which an entry's content is hashed on a
// core of its own, if there is one to spare: nobody else can help then.
const largeEntry = 8 << 20

// besideBuffers is how many pieces may wait to be hashed.
const besideBuffers = 4

// A besideHash hashes on another core. It takes copies of what it is given.
type besideHash struct {
	full, empty chan []byte
	done        chan struct{}
	buf         []byte
}

// newBesideHash calls write, on that core, for all that is written to it.
func newBesideHash(write func([]byte)) *besideHash {
	b := &besideHash{
		full:  make(chan []byte, besideBuffers),
		empty: make(chan []byte, besideBuffers),
		done:  make(chan struct{}),
	}
	for range besideBuffers {
		b.empty <- make([]byte, 0, fillSize)
	}
	go func() {
		defer close(b.done)
		for p := range b.full {
			write(p)
			b.empty <- p[:0]
		}
	}()
	return b
}

func (b *besideHash) write(p []byte) {
	for len(p) > 0 {
		if b.buf == nil {
			b.buf = <-b.empty
		}
		n := min(len(p), cap(b.buf)-len(b.buf))
		b.buf = append(b.buf, p[:n]...)
		p = p[n:]
		if len(b.buf) == cap(b.buf) {
			b.send()
		}
	}
}

func (b *besideHash) send() {
	if b.buf != nil {
		b.full <- b.buf
		b.buf = nil
	}
}

// close returns when all is hashed.
func (b *besideHash) close() {
	b.send()
	close(b.full)
	<-b.done
}
