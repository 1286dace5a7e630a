package main

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/assemble-image/assemble/internal/pipeline"
)

// liveUI redraws a few lines at the foot of the terminal, one for each stage
// that is under way; finished stages and notes scroll off above them.
type liveUI struct {
	f       *os.File
	verbose bool
	done    chan struct{}
	stopped sync.WaitGroup

	mu     sync.Mutex
	active []*activeStage
	drawn  int // lines of the last drawing
}

type activeStage struct {
	pipeline.Event
	begun time.Time
}

const redraw = 100 * time.Millisecond

func newLiveUI(f *os.File, verbose bool) *liveUI {
	u := &liveUI{f: f, verbose: verbose, done: make(chan struct{})}
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

func (u *liveUI) event(e pipeline.Event) {
	u.mu.Lock()
	defer u.mu.Unlock()
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

func (u *liveUI) find(s pipeline.Stage) *activeStage {
	for _, a := range u.active {
		if a.Stage == s {
			return a
		}
	}
	return nil
}

func (u *liveUI) remove(s pipeline.Stage) {
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
	// To the line's start first: a ^C that the terminal echoes moves the cursor.
	b.WriteString("\r\x1b[J")
	if u.drawn > 0 {
		fmt.Fprintf(&b, "\x1b[%dA\x1b[J", u.drawn)
	}
	b.WriteString(stay)
	width, _, err := term.GetSize(int(u.f.Fd()))
	if err != nil || width <= 0 {
		width = 80
	}
	for _, a := range u.active {
		b.WriteString(clip(a.line(width-1), width-1))
		b.WriteByte('\n')
	}
	u.drawn = len(u.active)
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

// The bar's width in cells: as wide as the figures behind it leave room for.
const minBar, maxBar = 8, 24

// line is "layers ━━━━━━────── 212.4 MB of 475.2 MB · 98.1 MB/s · 3 s left  torch",
// with a bar that shrinks on a narrow terminal before anything is cut off.
func (a *activeStage) line(width int) string {
	elapsed := time.Since(a.begun)
	if a.Total <= 0 {
		return fmt.Sprintf("%-6s %s (%.0f s)", a.Stage, a.Text, elapsed.Seconds())
	}
	done := min(a.Done, a.Total)
	figures := fmt.Sprintf("%s of %s", bytesText(done), bytesText(a.Total))
	if secs := elapsed.Seconds(); secs > 0.5 && done > 0 {
		rate := float64(done) / secs
		figures += fmt.Sprintf(" · %s/s · %.0f s left", bytesText(int64(rate)), float64(a.Total-done)/rate)
	}
	head := fmt.Sprintf("%-6s ", a.Stage)
	cells := max(minBar, min(maxBar, width-len(head)-len([]rune(figures))-1))
	full := int(done * int64(cells) / a.Total)
	line := head + strings.Repeat("━", full) + strings.Repeat("─", cells-full) + " " + figures
	if a.Text != "" {
		line += "  " + a.Text
	}
	return line
}

// clip cuts s to at most n runes.
func clip(s string, n int) string {
	if n <= 0 {
		return ""
	}
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}
