package layers

// What [Limits] are where they are 0.
const (
	DefaultMaxEntries = 1 << 20
	DefaultMaxTotal   = 32 << 30
	DefaultMaxRatio   = 200
)

// ratioFloor is the size in bytes up to which a file may be packed as tightly
// as it likes: small files of one repeated byte are common and do no harm.
const ratioFloor = 16 << 20

// Limits bound what one layer may unpack to. They are checked against what
// the entries declare, before any content is read; content that is not as
// declared is refused anyway. 0 means the default, below 0 no limit.
type Limits struct {
	Entries int64 // paths
	Total   int64 // bytes of content
	// Ratio is how many times its packed bytes a deflated file may have;
	// files of up to 16 MiB may have more.
	Ratio int64
}

func (l *Limits) fill() {
	for _, f := range [...]struct {
		value *int64
		def   int64
	}{{&l.Entries, DefaultMaxEntries}, {&l.Total, DefaultMaxTotal}, {&l.Ratio, DefaultMaxRatio}} {
		switch {
		case *f.value == 0:
			*f.value = f.def
		case *f.value < 0:
			*f.value = maxCount
		}
	}
}

// check holds the entries' declared sizes against the limits.
func (l Limits) check(entries []Entry) error {
	if n := int64(len(entries)); n > l.Entries {
		return &LimitError{Limit: "Entries", Max: l.Entries, Got: n}
	}
	t := tally{limits: l}
	for i := range entries {
		if err := t.add(&entries[i]); err != nil {
			return err
		}
	}
	return nil
}

// tally holds entries against the limits as they come.
type tally struct {
	limits  Limits
	entries int64
	total   int64
}

func (t *tally) add(e *Entry) error {
	l := t.limits
	if t.entries++; t.entries > l.Entries {
		return limitError(e, &LimitError{Limit: "Entries", Max: l.Entries, Got: t.entries})
	}
	if e.Size > l.Total-t.total {
		return limitError(e, &LimitError{Limit: "Total", Max: l.Total, Got: t.total + e.Size})
	}
	t.total += max(e.Size, 0)
	if s := e.Slice; s != nil && s.Deflated && e.Size > ratioFloor && e.Size/max(s.Length, 1) > l.Ratio {
		return limitError(e, &LimitError{Limit: "Ratio", Max: l.Ratio, Got: e.Size / max(s.Length, 1)})
	}
	return nil
}

func limitError(e *Entry, err *LimitError) error {
	return &EntryError{Owner: e.Owner, Path: e.Path, Err: err}
}
