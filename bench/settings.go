package main

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// settings say what is measured with which programs.
type settings struct {
	assemble, limit, uv, crane, registry, ctr, containerd string // programs
	self                                                  string // this one
	lock, wheels, layout, app                             string // inputs; layout is the base's, DIR:TAG
	out                                                   string
	runs                                                  int
	rest                                                  time.Duration // between rounds
	only                                                  map[string]bool
	pip                                                   string // a Python that has pip
	fetchIndex                                            string // URL; "" is one that is started here
	root                                                  string // of the repository
	lockIndex, lockPages                                  string // a real index, and where its answers are kept
	packages                                              string // packages.lock and debs/
	noPush, noRival, noPull, noFetch, noLock, noDebs      string // why it can't run here
}

// parts are what -only names.
var parts = []string{"push", "rival", "again", "pull", "twice", "pack", "fetch", "look", "lock", "debs"}

func parseSettings(args []string) (*settings, error) {
	s := &settings{}
	flags := flag.NewFlagSet("measure", flag.ContinueOnError)
	for name, p := range map[string]*string{
		"assemble": &s.assemble, "limit": &s.limit, "uv": &s.uv, "crane": &s.crane, "registry": &s.registry, "ctr": &s.ctr,
		"containerd": &s.containerd, "lock": &s.lock, "wheels": &s.wheels, "base": &s.layout, "app": &s.app, "out": &s.out,
		"no-push": &s.noPush, "no-rival": &s.noRival, "no-pull": &s.noPull,
		"pip": &s.pip, "fetch-index": &s.fetchIndex, "no-fetch": &s.noFetch,
		"root": &s.root, "lock-index": &s.lockIndex, "lock-pages": &s.lockPages, "no-lock": &s.noLock,
		"packages": &s.packages, "no-debs": &s.noDebs,
	} {
		flags.StringVar(p, name, "", "see bench/run.sh")
	}
	flags.DurationVar(&s.rest, "rest", 65*time.Second, "how long to wait between rounds")
	flags.IntVar(&s.runs, "runs", 3, "how often each is run")
	only := flags.String("only", strings.Join(parts, ","), "what to measure")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if flags.NArg() > 0 || s.runs < 1 || s.out == "" || s.wheels == "" || s.lock == "" {
		return nil, errors.New("bench measure is started by bench/run.sh")
	}
	s.only = map[string]bool{}
	for part := range strings.SplitSeq(*only, ",") {
		s.only[part] = true
	}
	for _, p := range []*string{&s.assemble, &s.limit, &s.uv, &s.pip, &s.crane, &s.ctr, &s.containerd, &s.lock, &s.wheels, &s.layout, &s.app, &s.out, &s.root, &s.lockPages, &s.packages} {
		if *p == "" || !strings.Contains(*p, "/") {
			continue
		}
		absolute, err := filepath.Abs(*p)
		if err != nil {
			return nil, err
		}
		*p = absolute
	}
	var err error
	s.self, err = os.Executable()
	return s, err
}

// wants reports whether a part is wanted and can be measured here.
func (s *settings) wants(part string) bool {
	if !s.only[part] {
		return false
	}
	switch part {
	case "pack", "look":
		return true
	case "fetch":
		return s.noFetch == ""
	case "lock":
		return s.noLock == ""
	case "debs":
		return s.noPush == "" && s.noDebs == ""
	case "rival":
		return s.noPush == "" && s.noRival == ""
	case "pull":
		return s.noPush == "" && s.noRival == "" && s.noPull == "" && s.only["push"] && s.only["rival"]
	case "again":
		return s.noPush == "" && s.only["push"]
	}
	return s.noPush == ""
}

// why says why a part was not measured.
func (s *settings) why(part string) string {
	reasons := map[string][]string{"rival": {s.noPush, s.noRival}, "pull": {s.noPush, s.noRival, s.noPull}, "pack": {}, "look": {}, "fetch": {s.noFetch}, "lock": {s.noLock}, "debs": {s.noPush, s.noDebs}}
	list, ok := reasons[part]
	if !ok {
		list = []string{s.noPush}
	}
	for _, r := range list {
		if r != "" {
			return r
		}
	}
	return "not asked for"
}
