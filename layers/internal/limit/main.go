// Command limit does the least that anyone must do who makes image layers of
// wheels without recompressing them: it inflates every file of the wheels and
// hashes both sides with SHA-256, on all cores, and writes nothing. What it
// takes is what packing is measured against (see bench/).
//
//	limit [-inflater own|klauspost] [-jobs N] DIR
//
// It prints one line of JSON. The time in it begins when the wheels'
// directories have been read.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"time"
)

// outcome is what is printed.
type outcome struct {
	Inflater string  `json:"inflater"`
	Seconds  float64 `json:"seconds"`
	Files    int     `json:"files"`
	Packed   int64   `json:"packed"`  // bytes
	Content  int64   `json:"content"` // bytes
}

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "limit: %v\n", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) (err error) {
	flags := flag.NewFlagSet("limit", flag.ContinueOnError)
	name := flags.String("inflater", "own", "own or klauspost")
	jobs := flags.Int("jobs", runtime.GOMAXPROCS(0), "how many cores to use")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return errors.New("usage: limit [-inflater own|klauspost] [-jobs N] DIR")
	}
	newInflater, ok := inflaters[*name]
	if !ok {
		return fmt.Errorf("no inflater %q: it is own or klauspost", *name)
	}
	list, err := openWheels(flags.Arg(0))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, list.Close()) }()
	start := time.Now()
	if err := list.inflate(ctx, *jobs, newInflater); err != nil {
		return err
	}
	out := outcome{Inflater: *name, Seconds: time.Since(start).Seconds(), Files: len(list.entries)}
	for _, e := range list.entries {
		out.Packed += e.length
		out.Content += e.size
	}
	return json.NewEncoder(os.Stdout).Encode(out)
}
