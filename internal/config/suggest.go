package config

import (
	"fmt"
	"slices"
	"strings"
)

// didYouMean suggests the known name nearest to the unknown one; if none is
// near and there are few, it lists them.
func didYouMean(name string, known map[string]int) string {
	names := make([]string, 0, len(known))
	for k := range known {
		names = append(names, k)
	}
	slices.Sort(names)
	best, bestDist := "", 1+len(name)/3
	if len(name) <= 3 {
		bestDist = 1 // of three letters, two others make another word
	}
	for _, k := range names {
		if dist := distance(fold(name), fold(k)); dist <= bestDist && (best == "" || dist < bestDist) {
			best, bestDist = k, dist
		}
	}
	switch {
	case best != "":
		return fmt.Sprintf("; did you mean %s?", best)
	case len(names) <= 8:
		return "; known names are " + strings.Join(names, ", ")
	}
	return ""
}

// fold makes names alike that differ in case and separators only.
func fold(s string) string {
	return strings.NewReplacer("-", "_", " ", "_").Replace(strings.ToLower(s))
}

// distance is the number of bytes to insert, delete, replace or swap with the
// next that makes b of a (Damerau and Levenshtein).
func distance(a, b string) int {
	if len(a) > 64 {
		return len(a)
	}
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range len(b) + 1 {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
