package pipeline

import "fmt"

// counted is "1 wheel" or "2 wheels".
func counted(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}
