package pipeline

import "fmt"

// Counted is "1 wheel" or "2 wheels".
func Counted(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}
