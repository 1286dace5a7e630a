package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/assemble-image/assemble/internal/debs/debtest"
	"github.com/assemble-image/assemble/internal/embeddedbase"
	"github.com/assemble-image/assemble/manifest"
)

// debSite is what a script has made of Debian archives.
type debSite struct {
	testing.TB // what debtest asks of it is below: a script has none
	keys       map[string]*openpgp.Entity
	archives   map[string]*debtest.Archive

	mu    sync.Mutex
	asked []string
}

// Helper implements [testing.TB].
func (*debSite) Helper() {}

// Fatal implements [testing.TB].
func (*debSite) Fatal(args ...any) { panic(fmt.Sprint(args...)) }

// key returns the key of that name, made when it is first asked for.
func (s *debSite) key(name string) *openpgp.Entity {
	if s.keys[name] == nil {
		s.keys[name] = debtest.NewKey(s)
	}
	return s.keys[name]
}

func (s *debSite) archive(dir string) *debtest.Archive {
	if s.archives[dir] == nil {
		s.archives[dir] = &debtest.Archive{Dir: dir, Suite: "stable"}
	}
	return s.archives[dir]
}

func debsOf(ts *testscript.TestScript) *debSite { return ts.Value("debs").(*debSite) }

func init() {
	for name, command := range map[string]func(*testscript.TestScript, bool, []string){
		"deb": makeDeb, "debrelease": writeRelease, "debkey": writeKey, "debbase": writeDebBase, "debserve": serveDebs, "debasked": listAsked, "head": copyHead,
	} {
		scriptCommands[name] = command
	}
}

// deb DIR NAME VERSION [FIELD…] makes a package of the archive in DIR, or, where
// DIR ends with a slash, a file in that directory. "postinst: COMMANDS" is its
// script.
func makeDeb(ts *testscript.TestScript, _ bool, args []string) {
	d := debtest.Deb{Name: args[1], Version: args[2], Compression: "xz", Files: []debtest.File{{Path: "usr/share/doc/" + args[1] + "/copyright", Data: args[2]}}}
	for _, field := range args[3:] {
		if script, ok := strings.CutPrefix(field, "postinst: "); ok {
			d.Control = map[string]string{"postinst": "#!/bin/sh\nset -e\n" + script + "\n"}
			continue
		}
		d.Fields += field + "\n"
	}
	dir := ts.MkAbs(strings.TrimSuffix(args[0], "/"))
	if strings.HasSuffix(args[0], "/") {
		ts.Check(os.MkdirAll(dir, 0o755))
		d.Write(debsOf(ts), dir)
		return
	}
	debsOf(ts).archive(dir).AddDebs(debsOf(ts), d)
}

// debrelease DIR [WORD=VALUE…] writes the lists of the archive in DIR: by the key
// of that name, made so long ago ("date=1h"), valid for so long from now
// ("valid=-1h"), called so ("suite=x"), with snapshots there.
func writeRelease(ts *testscript.TestScript, _ bool, args []string) {
	s := debsOf(ts)
	a := s.archive(ts.MkAbs(args[0]))
	key, now := "archive", time.Now().UTC().Truncate(time.Second)
	a.Date, a.Header, a.Change = now, "", nil
	for _, arg := range args[1:] {
		word, value, _ := strings.Cut(arg, "=")
		switch word {
		case "key":
			key = value
		case "date":
			ago, err := time.ParseDuration(value)
			ts.Check(err)
			a.Date = now.Add(-ago)
		case "valid":
			left, err := time.ParseDuration(value)
			ts.Check(err)
			a.Header += "Valid-Until: " + now.Add(left).Format(time.RFC1123) + "\n"
		case "suite":
			a.Change = func(text string) string { return strings.Replace(text, "Codename: stable", "Codename: "+value, 1) }
		case "snapshots":
			a.Header += "Snapshots: " + value + "/@SNAPSHOTID@\n"
		default:
			ts.Fatalf("debrelease: what is %q?", arg)
		}
	}
	if a.Lists == nil {
		a.AddDebs(s)
	}
	a.Write(s, s.key(key))
}

// debkey FILE [NAME] writes the public key of that name.
func writeKey(ts *testscript.TestScript, _ bool, args []string) {
	s := debsOf(ts)
	name := append(args[1:], "archive")[0]
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), debtest.Armored(s, s.key(name)), 0o644))
}

// debbase DIR ARCHIVE [STANZA…] writes a base with libc6 1 and the packages of
// the stanzas, of which the fields are separated by semicolons. Its only source
// is the archive, in a directory here.
func writeDebBase(ts *testscript.TestScript, _ bool, args []string) {
	s := debsOf(ts)
	status := ""
	for _, stanza := range append([]string{"Package: libc6;Version: 1;Essential: yes"}, args[2:]...) {
		status += strings.ReplaceAll(stanza, ";", "\n") + "\nStatus: install ok installed\nArchitecture: arm64\n\n"
	}
	img := embeddedbase.Image(embeddedbase.Options{Layers: [][]embeddedbase.File{{
		{Path: "var/lib/dpkg/status", Data: status},
		{Path: "etc/apt/sources.list", Data: fmt.Sprintf("deb [signed-by=/usr/share/keyrings/a.asc] file:%s stable main\n", ts.MkAbs(args[1]))},
		{Path: "usr/share/keyrings/a.asc", Data: string(debtest.Armored(s, s.key("archive")))},
	}}})
	ts.Check(manifest.WriteLayout(context.Background(), ts.MkAbs(args[0]), img, manifest.LayoutOptions{}))
}

// debserve DIR VARIABLE serves a directory at $VARIABLE, and at
// $SECRET_VARIABLE as seen with a password, which it asks for below /locked.
func serveDebs(ts *testscript.TestScript, _ bool, args []string) {
	s := debsOf(ts)
	files := http.FileServer(http.Dir(ts.MkAbs(args[0])))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.asked = append(s.asked, args[1]+" "+r.URL.Path+" "+r.Header.Get("Range"))
		s.mu.Unlock()
		if rest, locked := strings.CutPrefix(r.URL.Path, "/locked"); locked {
			if _, password, _ := r.BasicAuth(); password != "hushhush" {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			r.URL.Path = rest
		}
		files.ServeHTTP(w, r)
	}))
	ts.Defer(server.Close)
	ts.Setenv(args[1], server.URL)
	ts.Setenv("SECRET_"+args[1], strings.Replace(server.URL, "://", "://user:hushhush@", 1)+"/locked")
}

// debasked FILE writes what servers of debserve were asked since the last time.
func listAsked(ts *testscript.TestScript, _ bool, args []string) {
	s := debsOf(ts)
	s.mu.Lock()
	defer s.mu.Unlock()
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Join(s.asked, "\n")+"\n"), 0o644))
	s.asked = nil
}

// head FILE TO BYTES copies the beginning of a file.
func copyHead(ts *testscript.TestScript, _ bool, args []string) {
	data, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	n, err := strconv.Atoi(args[2])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), data[:n], 0o644))
}
