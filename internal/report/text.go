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
