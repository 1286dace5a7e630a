package smoke

import (
	"strings"
	"testing"
	"time"
)

func TestAbandoned(t *testing.T) {
	me := self()
	if me.start == "" {
		t.Skip("no /proc here")
	}
	now := time.Now()
	later, before := now.Add(time.Hour), now.Add(-time.Hour)
	with := func(change func(*owner)) owner { o := me; change(&o); return o }
	for _, tt := range []struct {
		name   string
		labels map[string]string
		want   bool
	}{
		{"running", labels(me, later), false},
		{"expired", labels(me, before), true},
		{"number reused", labels(with(func(o *owner) { o.start = "1" }), later), true},
		{"ended", labels(with(func(o *owner) { o.pid = 1 << 30 }), later), true},
		{"before the last boot", labels(with(func(o *owner) { o.boot = "x" }), later), true},
		{"other process namespace", labels(with(func(o *owner) { o.pidns, o.pid = "pid:[1]", 1<<30 }), later), false},
		{"boot unknown", labels(with(func(o *owner) { o.boot, o.pid = "", 1<<30 }), later), false},
		{"not ours", map[string]string{"x": "y"}, false},
		{"hostile", map[string]string{ownerLabel: "a/b/-1/c"}, false},
	} {
		if got := abandoned(tt.labels, me, now); got != tt.want {
			t.Errorf("%s: abandoned %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestNames(t *testing.T) {
	id := newID()
	if runOf(id+"-http-0") != id || runOf("x") != "x" {
		t.Errorf("run of %q is %q", id+"-http-0", runOf(id+"-http-0"))
	}
	if name := fifoName(self(), id); strings.Contains(name, "/") {
		t.Errorf("name of a directory %q", name)
	}
	if id == newID() {
		t.Error("two runs of one name")
	}
}

func FuzzParseOwner(f *testing.F) {
	f.Add("boot/pid:[1]/12/345")
	f.Add("a/b/-1/c")
	f.Add("///")
	f.Fuzz(func(t *testing.T, s string) {
		o, ok := parseOwner(s)
		if !ok {
			return
		}
		if again, ok := parseOwner(o.String()); !ok || again != o {
			t.Errorf("%q became %+v and %+v", s, o, again)
		}
	})
}
