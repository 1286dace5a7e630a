package fetch

// EventKind says what an [Event] tells.
type EventKind string

// Kinds of events.
const (
	// EventPlan: Files are to be downloaded, Total bytes as far as is known.
	EventPlan EventKind = "plan"
	// EventPresent: the wheelhouse has the file, with Total bytes.
	EventPresent EventKind = "present"
	// EventDownloading: Done of Total bytes of the file are there. Done may
	// begin with what an earlier run left, and falls back when a download
	// starts anew.
	EventDownloading EventKind = "downloading"
	// EventDone: the file is complete.
	EventDone EventKind = "done"
	// EventNote: Note is something that a user may like to know.
	EventNote EventKind = "note"
)

// Event is a step of the work, for showing progress.
type Event struct {
	Kind EventKind
	// File is the wheel's file name, "" where no single one is meant.
	File string
	// Files is a number of files.
	Files int
	// Done and Total are bytes; Total is -1 where it isn't known.
	Done, Total int64
	// Note is one line for people.
	Note string
}
