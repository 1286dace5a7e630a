package base

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Examiner looks at the regular files of a base while its layers are read.
type Examiner struct {
	// Version changes when what File returns does, so that older notes in a
	// [Store] are not used.
	Version int
	// Wants tells by a file's first bytes, 64 at most, whether File is asked.
	Wants func(path string, head []byte) bool
	// File returns what is to be remembered of a file, as JSON, nil for nothing.
	// The path is as the layer's tar has it. It is called from several
	// goroutines.
	File func(path string, size int64, r io.Reader) json.RawMessage
}

// Survey is all paths of a base, and what was noted of its files.
type Survey struct {
	Files *Files
	// Notes are what the [Examiner] has returned, by path.
	Notes map[string]json.RawMessage
}

// ReadSurvey lists the files of the base with notes of opt.Examine, which must
// be set. It reads the layers unless the store has both, as it does once
// [ReadFacts] has read them with the same examiner.
func ReadSurvey(ctx context.Context, img v1.Image, opt FactsOptions) (*Survey, error) {
	digest, err := img.ConfigName()
	if err != nil {
		return nil, fmt.Errorf("reading the base's configuration: %w", err)
	}
	if s := keptSurvey(opt, digest); s != nil {
		s.Files.img = img
		return s, nil
	}
	cf, err := img.ConfigFile()
	if err != nil {
		return nil, fmt.Errorf("reading the base's configuration: %w", err)
	}
	if opt.Reading != nil {
		opt.Reading()
	}
	t, err := readTree(ctx, img, cf, opt.Jobs, &budget{forFiles: true, examine: opt.Examine})
	if err != nil {
		return nil, err
	}
	s := &Survey{Files: newFiles(img, t, opt.Store, digest), Notes: t.notes()}
	keepNotes(opt, digest, s.Notes)
	return s, nil
}

func keptSurvey(opt FactsOptions, config v1.Hash) *Survey {
	if opt.Store == nil {
		return nil
	}
	data, ok := opt.Store.Get("filenotes", notesKey(opt.Examine, config))
	s := &Survey{}
	if !ok || json.Unmarshal(data, &s.Notes) != nil {
		return nil
	}
	if s.Files = keptFiles(opt.Store, filesKey(config)); s.Files == nil {
		return nil
	}
	return s
}

func keepNotes(opt FactsOptions, config v1.Hash, notes map[string]json.RawMessage) {
	if opt.Store == nil {
		return
	}
	if data, err := json.Marshal(notes); err == nil {
		_ = opt.Store.Put("filenotes", notesKey(opt.Examine, config), data) // only costs time later
	}
}

func notesKey(e *Examiner, config v1.Hash) string { return fmt.Sprintf("%s-%d", config.Hex, e.Version) }

// notes are those of the tree's files, by their paths.
func (t *tree) notes() map[string]json.RawMessage {
	out := map[string]json.RawMessage{}
	t.each(func(n *node) {
		if n.kind == isFile && n.note != nil {
			out[n.path] = n.note
		}
	})
	return out
}

// headSize is how much of a file [Examiner].Wants is shown.
const headSize = 64

// see reads a file's content for the facts and shows it to the examiner.
func (e *entry) see(r io.Reader, size int64, b *budget) error {
	if b.examine == nil {
		return e.readContent(r, size, b)
	}
	head := make([]byte, min(headSize, size))
	if _, err := io.ReadFull(r, head); err != nil {
		return err
	}
	r = io.MultiReader(bytes.NewReader(head), r)
	if !b.examine.Wants(e.path, head) {
		return e.readContent(r, size, b)
	}
	pr, pw := io.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		e.note = b.examine.File(e.path, size, pr)
		_ = pr.Close() // writing on costs nothing
	}()
	tee := io.TeeReader(r, orDiscard{pw})
	err := e.readContent(tee, size, b)
	if err == nil {
		_, err = io.Copy(io.Discard, tee)
	}
	_ = pw.CloseWithError(err)
	<-done
	return err
}

// orDiscard goes on where the reader of a pipe has seen enough.
type orDiscard struct{ w *io.PipeWriter }

func (o orDiscard) Write(p []byte) (int, error) {
	_, _ = o.w.Write(p)
	return len(p), nil
}
