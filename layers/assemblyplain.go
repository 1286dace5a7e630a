package layers

// beginPlain makes way for blocks that start at a byte boundary.
func (a *assembly) beginPlain() error {
	a.headers.sync()
	return a.takeHeaders()
}

// addPlain adds whole blocks, none of them the last one of the stream, that
// end at a byte boundary.
func (a *assembly) addPlain(blocks []byte) error {
	if a.spooled == nil && a.inlined+int64(len(blocks)) <= maxInlinePlain {
		a.inlined += int64(len(blocks))
		a.literal(blocks)
		return nil
	}
	return a.addSpool(blocks)
}

// literal adds bytes that the program itself holds.
func (a *assembly) literal(p []byte) {
	a.passSpool()
	a.program.literal = append(a.program.literal, p...)
}

// addSpool adds bytes that the spool holds. They are hashed here, and not read
// again for that.
func (a *assembly) addSpool(p []byte) error {
	if err := a.run(); err != nil {
		return err
	}
	if a.spooled == nil {
		s, err := a.newSpool()
		if err != nil {
			return err
		}
		a.spooled = s
	}
	a.program.spool(int64(len(p)))
	a.give(p)
	return a.spooled.write(p)
}

// passSpool ends a range of the spool, which is hashed.
func (a *assembly) passSpool() {
	if a.program.spooled > 0 {
		a.program.flush()
		a.hashed = len(a.program.buf)
	}
}
