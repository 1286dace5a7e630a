package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/layers"
)

// spreadRow is how many bytes of layers change when one wheel moves to a new
// version of about the same size, by how wheels are put into layers.
type spreadRow struct {
	Update  string `json:"update"`
	Wheel   int64  `json:"wheel"`   // bytes of the wheel, or the median of all
	Grouped int64  `json:"grouped"` // bytes of layers that change with layers.Group
	One     int64  `json:"one"`     // with all wheels in one layer
	Each    int64  `json:"each"`    // with a layer for each wheel
}

// growth is by how much a new version is larger, in percent.
const growth = 2

// spread computes the rows for the wheels in dir.
func spread(dir string) (rows []spreadRow, groups int, err error) {
	items, err := wheelItems(dir)
	if err != nil {
		return nil, 0, err
	}
	before, err := layers.Group(items, layers.GroupOptions{})
	if err != nil {
		return nil, 0, err
	}
	all := make([]spreadRow, len(items))
	for i := range items {
		if all[i], err = update(items, layers.GroupOptions{}, before, i); err != nil {
			return nil, 0, err
		}
	}
	slices.SortFunc(all, func(a, b spreadRow) int {
		return cmp.Or(cmp.Compare(a.Wheel, b.Wheel), cmp.Compare(a.Update, b.Update))
	})
	rows = append(rows, all[0], nearest(all, 300e3), nearest(all, 5e6), all[len(all)-1])
	rows = append(rows, summarize(all, fmt.Sprintf("median of the %d wheels", len(all)), median[int64]))
	rows = append(rows, summarize(all, fmt.Sprintf("mean of the %d wheels", len(all)), mean))
	return rows, len(before), nil
}

func wheelItems(dir string) ([]layers.Item, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.whl"))
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("no wheels in %q", dir)
	}
	items := make([]layers.Item, len(names))
	for i, name := range names {
		fi, err := os.Stat(name)
		if err != nil {
			return nil, err
		}
		items[i] = item(&layers.Source{Name: filepath.Base(name), Size: fi.Size()})
	}
	return items, nil
}

// update groups the items again with a new version of item i, and adds up the
// layers that were not there before.
func update(items []layers.Item, opt layers.GroupOptions, before [][]int, i int) (spreadRow, error) {
	after := slices.Clone(items)
	after[i].Size += after[i].Size * growth / 100
	groups, err := layers.Group(after, opt)
	if err != nil {
		return spreadRow{}, err
	}
	known := map[string]bool{}
	for _, g := range before {
		known[content(g)] = true
	}
	row := spreadRow{Update: items[i].Name, Wheel: items[i].Size, Each: after[i].Size}
	for _, g := range groups {
		size := int64(0)
		for _, j := range g {
			size += after[j].Size
		}
		row.One += size
		if slices.Contains(g, i) || !known[content(g)] {
			row.Grouped += size
		}
	}
	return row, nil
}

// content identifies a group by its members.
func content(group []int) string { return strings.Trim(fmt.Sprint(group), "[]") }

// nearest returns the row whose wheel is nearest in size.
func nearest(rows []spreadRow, size int64) spreadRow {
	return slices.MinFunc(rows, func(a, b spreadRow) int {
		return cmp.Compare(max(a.Wheel-size, size-a.Wheel), max(b.Wheel-size, size-b.Wheel))
	})
}

// summarize makes one row of all by f, column by column.
func summarize(rows []spreadRow, name string, f func([]int64) int64) spreadRow {
	column := func(get func(r *spreadRow) int64) int64 {
		values := make([]int64, len(rows))
		for i := range rows {
			values[i] = get(&rows[i])
		}
		return f(values)
	}
	return spreadRow{
		Update:  name,
		Wheel:   column(func(r *spreadRow) int64 { return r.Wheel }),
		Grouped: column(func(r *spreadRow) int64 { return r.Grouped }),
		One:     column(func(r *spreadRow) int64 { return r.One }),
		Each:    column(func(r *spreadRow) int64 { return r.Each }),
	}
}

func mean(values []int64) int64 {
	n := int64(0)
	for _, v := range values {
		n += v
	}
	return n / int64(len(values))
}
