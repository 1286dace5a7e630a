package main

import "testing"

// TestRows holds that lines which a narrower terminal has broken are counted
// with all of their rows: that many are taken away before drawing anew.
func TestRows(t *testing.T) {
	for _, tt := range []struct {
		lines []int
		width int
		want  int
	}{
		{nil, 80, 0},
		{[]int{79, 0}, 80, 2},
		{[]int{79}, 79, 1},
		{[]int{79, 10}, 40, 3},
		{[]int{79}, 20, 4},
		{[]int{80}, 1, 80},
	} {
		if got := rows(tt.lines, tt.width); got != tt.want {
			t.Errorf("%v in %d cells: got %d rows, want %d", tt.lines, tt.width, got, tt.want)
		}
	}
}
