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

// moreSymbols decodes with the codes in d.lit and d.dist until the block ends
// or the room does.
func (d *Decoder) moreSymbols() (done bool, err error) {
	for {
		switch d.run() {
		case blockEnd:
			if err := d.checkEnd(); err != nil {
				return false, err
			}
			return true, d.checkSize()
		case badLiteral:
			return false, d.corrupt("invalid literal/length code")
		case badDistance:
			return false, d.corrupt("invalid distance code")
		case tooFar:
			return false, d.corrupt("match starts before the content")
		case outOfRoom:
		}
		if err := d.checkEnd(); err != nil {
			return false, err
		}
		if d.next > inputLimit {
			if err := d.fill(inputSize); err != nil {
				return false, err
			}
		}
		if d.at > outputLimit {
			return false, nil
		}
	}
}
