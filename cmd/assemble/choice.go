package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/assemble-image/assemble/internal/supply"
)

// printChoice lists the wheels that were chosen where no lock pins them, in
// columns.
func printChoice(w io.Writer, c *supply.Choice) {
	if c == nil {
		return
	}
	fmt.Fprintf(w, "\nCHOSEN\tFOR\n")
	for _, wheel := range c.Wheels {
		fmt.Fprintf(w, "%s\t%s\n", printable(wheel.Wheel), printable(strings.Join(wheel.Wanted, ", ")))
	}
}
