package main

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/assemble-image/assemble/internal/report"
)

// liveUI redraws a few lines at the foot of the terminal, one for each stage
// that is under way; finished stages and notes scroll off above them.
type liveUI struct {
	f       *os.File
	steps   steps
	done    chan struct{}
	stopped sync.WaitGroup

	mu     sync.Mutex
	active []*activeStage
	drawn  []int // the widths of the last drawing's lines, in cells
}

const redraw = 100 * time.Millisecond

func newLiveUI(f *os.File, verbose bool) *liveUI {
	u := &liveUI{f: f, steps: steps{verbose: verbose}, done: make(chan struct{})}
	u.stopped.Go(u.loop)
	return u
}

func (u *liveUI) loop() {
	tick := time.NewTicker(redraw)
	defer tick.Stop()
	for {
		select {
		case <-u.done:
			return
		case <-tick.C:
			u.mu.Lock()
			u.draw("")
			u.mu.Unlock()
		}
	}
}

func (u *liveUI) event(e report.Event) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if line := u.steps.line(e); line != "" {
		u.draw(line + "\n")
	}
	switch {
	case e.Note != "":
		u.draw("note: " + e.Note + "\n")
	case e.Begin:
		u.active = append(u.active, &activeStage{Event: e, begun: time.Now()})
	case e.End:
		u.remove(e.Stage)
		if e.Failed {
			u.draw("")
			return
		}
		u.draw(strings.TrimPrefix(endLine(e), "assemble: ") + "\n")
	default:
		if a := u.find(e.Stage); a != nil {
			a.Text, a.Done, a.Total = e.Text, e.Done, e.Total
		}
	}
}

func (u *liveUI) find(s report.Stage) *activeStage {
	for _, a := range u.active {
		if a.Stage == s {
			return a
		}
	}
	return nil
}

func (u *liveUI) remove(s report.Stage) {
	for i, a := range u.active {
		if a.Stage == s {
			u.active = append(u.active[:i], u.active[i+1:]...)
			return
		}
	}
}

// draw takes the last drawing away, writes what is to stay, and draws anew.
func (u *liveUI) draw(stay string) {
	var b strings.Builder
	width, _, err := term.GetSize(int(u.f.Fd()))
	if err != nil || width <= 0 {
		width = 80
	}
	// To the line's start first: a ^C that the terminal echoes moves the cursor.
	b.WriteString("\r\x1b[J")
	if up := rows(u.drawn, width); up > 0 {
		fmt.Fprintf(&b, "\x1b[%dA\x1b[J", up)
	}
	b.WriteString(stay)
	u.drawn = u.drawn[:0]
	for _, a := range u.active {
		// Layers are uploaded as they get ready.
		a.grows = a.Stage == report.StagePush && u.find(report.StageLayers) != nil
		line := clip(a.line(width-1), width-1)
		b.WriteString(line)
		b.WriteByte('\n')
		u.drawn = append(u.drawn, utf8.RuneCountInString(line))
	}
	// A terminal that went away is no reason to stop assembling.
	_, _ = u.f.WriteString(b.String())
}

func (u *liveUI) close() {
	close(u.done)
	u.stopped.Wait()
	u.mu.Lock()
	defer u.mu.Unlock()
	u.active = nil
	u.draw("")
}
