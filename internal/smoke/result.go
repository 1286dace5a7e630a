package smoke

import (
	"time"
)

// A Result is what a run saw. Run returns it with an error, too, as far as the
// run came.
type Result struct {
	Name        string // as in Options, else the digest
	Digest      string // of the image's manifest
	Platform    string // os/arch[/variant] of the image
	Emulated    bool   // the host ran it by emulation
	Server      string // containerd's version
	Snapshotter string
	User        string // uid:gid the container ran as

	Ingest time.Duration // time to write the blobs
	Unpack time.Duration // time to unpack the layers, overlapping Ingest
	Start  time.Duration // time to create and start the container

	HTTP    *HTTPResult    // set when a probe was asked for
	Command *CommandResult // set when a command was asked for
	Imports []ImportResult // in the order of Options.Imports
	Stop    *StopResult    // set when a running container was stopped

	// Log is the end of what the container wrote to stdout and stderr.
	Log        string
	LogDropped int64 // bytes before Log that weren't kept
	// Notes are what the run did differently than asked, and why.
	Notes []string
}

// HTTPResult is what became of an HTTP probe.
type HTTPResult struct {
	URL       string
	Attempts  int
	Healthy   bool
	After     time.Duration // from the container's start to health
	Status    int           // of the last answer; 0 when there was none
	LastError string        // of the last attempt without an answer
}

// CommandResult is what became of a command.
type CommandResult struct {
	Args []string
	Code uint32
	Wall time.Duration
}

// ImportResult is what became of one module.
type ImportResult struct {
	Module string
	Error  string // empty when it was imported
	Wall   time.Duration
}

// StopResult tells how a container ended when it was told to.
type StopResult struct {
	Signal string // that it was sent first
	Code   uint32
	Killed bool // it took SIGKILL
	Wall   time.Duration
}
