package inflate

// outcome is why a run of symbols ended.
type outcome int

const (
	outOfRoom   outcome = iota // the window is read or the output full
	blockEnd                   // the end-of-block symbol was taken
	badLiteral                 // bits that are no literal or length
	badDistance                // bits that are no distance
	tooFar                     // a match that starts before the content does
)

// symbols decodes the rest of a block with the codes in d.lit and d.dist.
func (d *Decoder) symbols() error {
	for {
		switch d.run() {
		case blockEnd:
			if err := d.checkEnd(); err != nil {
				return err
			}
			return d.checkSize()
		case badLiteral:
			return d.corrupt("bits that are no literal/length code")
		case badDistance:
			return d.corrupt("bits that are no distance code")
		case tooFar:
			return d.corrupt("match starts before the content")
		case outOfRoom:
		}
		if err := d.checkEnd(); err != nil {
			return err
		}
		if d.next > inputLimit {
			if err := d.fill(inputSize); err != nil {
				return err
			}
		}
		if d.at > outputLimit {
			if err := d.makeRoom(); err != nil {
				return err
			}
		}
	}
}
