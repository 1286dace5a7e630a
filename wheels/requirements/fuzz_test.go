package requirements_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/wheels/requirements"
)

// FuzzParse holds that nothing comes beside an error, that secrets stay out of
// errors, and that pins survive being written and read again.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"a==1 --hash=" + hashA, "a==1 \\\n    --hash=" + hashA + "\n    # via b\n", "-r sub.txt\n-c sub.txt", "-e .\n.\n",
		"a @ https://u:s3cret@h/a-1-py3-none-any.whl --hash=" + hashA, "./a-1-py3-none-any.whl[x,y] ; os_name=='posix' --hash=" + hashB,
		"-i 'https://u:p@h' --extra-index-url \"x\\\"y\"", "a[b]==1 ; extra == 'x' or python_version < '4' --hash=" + hashA,
		"a==1\v--pre\u2028# coding: x", "${TOKEN_1}==1 --hash=" + hashA,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		file, err := parse(map[string]string{"r.txt": text, "sub.txt": "b==2 --hash=" + hashB + "\n"}, requirements.Options{})
		if err != nil {
			if file != nil {
				t.Fatal("a file beside an error")
			}
			if !strings.Contains(text, "s3cret") && strings.Contains(err.Error(), "s3cret") {
				t.Fatalf("%q leaks: %v", text, err)
			}
			return
		}
		pins, err := requirements.Pins(file, arm64)
		if err != nil {
			return
		}
		var b strings.Builder
		if err := requirements.Write(&b, pins, requirements.WriteOptions{Header: []string{"h"}}); err != nil {
			return
		}
		open := files(map[string]string{"r.txt": b.String()})
		again, err := requirements.Parse(context.Background(), "r.txt", open, requirements.Options{})
		if err != nil {
			t.Fatalf("%q is written as\n%s\nand then %v", text, b.String(), err)
		}
		pinsAgain, err := requirements.Pins(again, arm64)
		if err != nil {
			t.Fatalf("%q is written as\n%s\nand then %v", text, b.String(), err)
		}
		var c strings.Builder
		if err := requirements.Write(&c, pinsAgain, requirements.WriteOptions{Header: []string{"h"}}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(b.String(), c.String()); diff != "" {
			t.Fatalf("%q is not written the same twice (-first +second):\n%s", text, diff)
		}
	})
}

func FuzzLocks(f *testing.F) {
	f.Add(uvLock(), true)
	f.Add(pylockHead+"[[packages]]\nname='a'\nversion='1'\nwheels=["+wheelTOML("a-1-py3-none-any.whl")+"]", false)
	f.Fuzz(func(t *testing.T, text string, uv bool) {
		parse := requirements.ParsePylock
		if uv {
			parse = requirements.ParseUVLock
		}
		pins, err := parse("lock", strings.NewReader(text), arm64, requirements.LockOptions{})
		if err != nil {
			if pins != nil {
				t.Fatal("pins beside an error")
			}
			return
		}
		for _, p := range pins {
			if p.Version.IsZero() || len(p.Wheels) == 0 || len(p.Hashes) == 0 {
				t.Fatalf("pin %+v is not whole", p)
			}
		}
	})
}
