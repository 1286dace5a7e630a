package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/assemble-image/assemble/internal/report"
)

// The rules of what is written where: standard output carries only the
// result; everything else goes to standard error, a line a stage. Messages
// begin with a small letter and end without a period.

// ui shows what goes on, on standard error.
type ui interface {
	event(report.Event)
	// close ends the display; nothing may be sent afterwards.
	close()
}

// newUI picks the display: "auto" is live on a terminal and plain elsewhere.
// Nothing of an event reaches it that isn't printable.
func newUI(w io.Writer, mode string, verbose bool) (ui, error) {
	display, err := pickUI(w, mode, verbose)
	return printableUI{display}, err
}

// printableUI shows events of which each text is one line.
type printableUI struct{ ui }

func (u printableUI) event(e report.Event) { u.ui.event(eventText(e)) }

func pickUI(w io.Writer, mode string, verbose bool) (ui, error) {
	switch mode {
	case "none":
		return quietUI{}, nil
	case "plain":
		return &plainUI{w: w, steps: steps{verbose: verbose}}, nil
	case "auto", "":
		if f, ok := rawFile(w); ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb" {
			return newLiveUI(f, verbose), nil
		}
		return &plainUI{w: w, steps: steps{verbose: verbose}}, nil
	}
	return nil, usagef("--progress=%s: must be auto, plain or none", mode)
}

// quietUI shows nothing.
type quietUI struct{}

func (quietUI) event(report.Event) {}
func (quietUI) close()             {}

// plainUI prints one line when a stage ends, and one for each note; a stage
// that takes long prints how far it is now and then.
type plainUI struct {
	w     io.Writer
	mu    sync.Mutex
	steps steps
	last  time.Time
}

// plainInterval is the time between two lines of a long stage.
const plainInterval = 10 * time.Second

func (u *plainUI) event(e report.Event) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if line := u.steps.line(e); line != "" {
		fmt.Fprintf(u.w, "assemble: %s\n", line)
	}
	switch {
	case e.Note != "":
		fmt.Fprintf(u.w, "assemble: note: %s\n", e.Note)
	case e.Begin:
		u.last = time.Now()
	case e.End:
		if !e.Failed {
			fmt.Fprintln(u.w, endLine(e))
		}
	case e.Total > 0 && time.Since(u.last) >= plainInterval:
		u.last = time.Now()
		fmt.Fprintf(u.w, "assemble: %-6s %s %s of %s\n", e.Stage, e.Text, report.Bytes(e.Done), report.Bytes(e.Total))
	}
}

func (u *plainUI) close() {}

// endLine is the line that remains of a stage.
func endLine(e report.Event) string {
	line := fmt.Sprintf("assemble: %-6s %s", e.Stage, e.Text)
	if e.Elapsed >= 50*time.Millisecond {
		line += fmt.Sprintf(" (%.1f s)", e.Elapsed.Seconds())
	}
	return strings.TrimRight(line, " ")
}
