package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/assemble-image/assemble/internal/wire"
)

// debugVariable names what to trace, separated by commas; "http" is all there is.
const debugVariable = "ASSEMBLE_DEBUG"

// unknownTraces are the words of the variable that mean nothing.
func unknownTraces(getenv func(string) string) []string {
	return slices.DeleteFunc(strings.Split(getenv(debugVariable), ","), func(word string) bool { return word == "" || word == "http" })
}

// httpTrace returns what writes a line to w for each HTTP request, or nil where
// the environment doesn't ask for that.
func httpTrace(w io.Writer, getenv func(string) string) func(wire.Exchange) {
	if !slices.Contains(strings.Split(getenv(debugVariable), ","), "http") {
		return nil
	}
	var mu sync.Mutex
	return func(e wire.Exchange) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(w, "assemble: http: %s\n", printable(exchangeText(e)))
	}
}

// exchangeText is one line: "201 PUT URL (sent 5 B, received 0 B, 3ms, reused
// connection)".
func exchangeText(e wire.Exchange) string {
	connection := "new connection"
	if e.Reused {
		connection = "reused connection"
	}
	status := "---"
	if e.Status != 0 {
		status = fmt.Sprint(e.Status)
	}
	line := fmt.Sprintf("%s %s %s (sent %d B, received %d B, %v, %s", status, e.Method, e.URL, e.Sent, e.Received, e.Elapsed.Round(time.Millisecond), connection)
	if e.Attempt > 1 {
		line += fmt.Sprintf(", attempt %d", e.Attempt)
	}
	line += ")"
	if e.Err != "" {
		line += ": " + e.Err
	}
	return line
}
