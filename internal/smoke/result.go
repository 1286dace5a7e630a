package smoke

import (
	"time"
)

// A Result is what a run found. Run returns it along with an error, too, as far
// as the run got. Its times are nanoseconds in JSON.
type Result struct {
	Name        string `json:"name"`               // as in Options, else the digest
	Digest      string `json:"digest"`             // of the image's manifest
	Platform    string `json:"platform"`           // os/arch[/variant] of the image
	Emulated    bool   `json:"emulated,omitempty"` // the host ran it under emulation
	Server      string `json:"server"`             // containerd's version
	Snapshotter string `json:"snapshotter"`
	User        string `json:"user"` // uid:gid the container ran as

	Ingest time.Duration `json:"ingestNs"` // time to write the blobs
	Unpack time.Duration `json:"unpackNs"` // time to unpack the layers, overlapping Ingest
	Start  time.Duration `json:"startNs"`  // time to create and start the container

	HTTP *HTTPResult `json:"http,omitempty"` // set if a probe was configured
	// StayedUp is how long the entrypoint was watched to stay up; 0 if it ended.
	StayedUp time.Duration  `json:"stayedUpNs,omitempty"`
	Command  *CommandResult `json:"command,omitempty"` // set if a command was configured
	Imports  []ImportResult `json:"imports,omitempty"` // in the order of Options.Imports
	Stop     *StopResult    `json:"stop,omitempty"`    // set if a running container was stopped

	// Log is the end of what the container wrote to stdout and stderr.
	Log        string `json:"log"`
	LogDropped int64  `json:"logDropped,omitempty"` // bytes before Log that were dropped
	// Notes say where the run deviated from its options, and why.
	Notes []string `json:"notes,omitempty"`
}

// HTTPResult is the result of an HTTP probe.
type HTTPResult struct {
	URL       string        `json:"url"`
	Attempts  int           `json:"attempts"`
	Healthy   bool          `json:"healthy"`
	After     time.Duration `json:"afterNs"`             // from the container's start to health
	Status    int           `json:"status"`              // of the last response; 0 when there was none
	LastError string        `json:"lastError,omitempty"` // of the last attempt without a response
}

// CommandResult is the result of a command.
type CommandResult struct {
	Args []string      `json:"args"`
	Code uint32        `json:"code"`
	Wall time.Duration `json:"wallNs"`
}

// ImportResult is the result of importing one module.
type ImportResult struct {
	Module string        `json:"module"`
	Error  string        `json:"error,omitempty"` // empty on success
	Wall   time.Duration `json:"wallNs"`
}

// StopResult says how a container stopped.
type StopResult struct {
	Signal string        `json:"signal"` // the signal that was sent first
	Code   uint32        `json:"code"`
	Killed bool          `json:"killed,omitempty"` // SIGKILL was needed
	Wall   time.Duration `json:"wallNs"`
}
