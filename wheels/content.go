package wheels

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
)

// VerifyContent reads every file of the wheel and checks its
// size, its CRC-32 and its digest in RECORD. Packing does the same; this is for
// callers that pack nothing. The error lists every file that is wrong.
func (w *Wheel) VerifyContent(ctx context.Context) error {
	f, err := w.Source.Open()
	if err != nil {
		return fmt.Errorf("verifying wheel %q: %w", w.Name(), err)
	}
	zip, sum := w.zip.Reopen(f), sha256.New()
	var problems []error
	for i := range zip.Entries {
		e := &zip.Entries[i]
		if err := ctx.Err(); err != nil {
			return errors.Join(err, f.Close())
		}
		sum.Reset()
		if _, err := io.Copy(sum, zip.Open(e)); err != nil {
			problems = append(problems, fmt.Errorf("verifying wheel %q: %q: %w", w.Name(), e.Name, err))
		} else if want := w.recorded(i); want != nil && !bytes.Equal(sum.Sum(nil), want) {
			problems = append(problems, &RecordError{fmt.Errorf("verifying wheel %q: %q does not match its digest in RECORD", w.Name(), e.Name)})
		}
	}
	return errors.Join(append(problems, f.Close())...)
}
