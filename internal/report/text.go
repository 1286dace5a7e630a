package report

import (
	"fmt"
	"strings"
)

// Count is "1 wheel" or "2 wheels".
func Count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

// Fetched says how files of a kind came: "downloaded 2 wheels (1.5 MB), copied 1,
// 40 already present". The bytes are those of the downloads.
func Fetched(noun string, downloaded int, bytes int64, copied, present int) string {
	text := "downloaded " + Count(downloaded, noun)
	if downloaded > 0 {
		text += " (" + Bytes(bytes) + ")"
	}
	if copied > 0 {
		text += fmt.Sprintf(", copied %d", copied)
	}
	return fmt.Sprintf("%s, %d already present", text, present)
}

// maxNames is how many names a list shows.
const maxNames = 6

// List joins names, shortened where they are many: "a, b, c, d, e and 12 more".
func List(names []string) string {
	if len(names) <= maxNames {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:maxNames-1], ", "), len(names)-maxNames+1)
}

// Bytes writes a size in decimal units with one decimal: "812 B", "475.2 MB",
// "4.0 GB".
func Bytes(n int64) string {
	if n < 1000 {
		return fmt.Sprintf("%d B", n)
	}
	value, unit := float64(n)/1000, 0
	for value >= 999.95 && unit < len(units)-1 { // it would be rounded to 1000.0
		value /= 1000
		unit++
	}
	return fmt.Sprintf("%.1f %cB", value, units[unit])
}

// units are the SI prefixes that an int64 reaches.
const units = "kMGTPE"
