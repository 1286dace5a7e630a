package config

import (
	"io/fs"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestContainerForms(t *testing.T) {
	c, err := Parse("/conf/a.yaml", []byte(`
ports: ["8001", 53/udp, 99/sctp, 53]
volumes: [/data]
stop_signal: 9
healthcheck: {command: [curl, -f, x], interval: 1m, retries: 2}
entrypoint: {shell: "exec run $X"}
cmd: inherit
dirs: [/a, {path: /b, mode: 0770, user: app}, {path: /c, mode: 1777}, {path: /d, mode: 0o755}, {path: /e, mode: "700"}]
empty_files: [/f]
links: {/g: h}
smoke: {command: {shell: a | b}}
`))
	if err != nil {
		t.Fatal(err)
	}
	want := &Config{
		Ports:       []Port{{Number: 8001}, {53, "udp"}, {99, "sctp"}, {Number: 53}},
		Volumes:     []string{"/data"},
		StopSignal:  "9",
		Healthcheck: &Healthcheck{Command: Command{"curl", "-f", "x"}, Interval: time.Minute, Retries: 2},
		Entrypoint:  Command{"/bin/sh", "-c", "exec run $X"},
		Dirs:        []Place{{Path: "/a"}, {"/b", 0o770, "app"}, {Path: "/c", Mode: 0o1777}, {Path: "/d", Mode: 0o755}, {Path: "/e", Mode: 0o700}},
		EmptyFiles:  []Place{{Path: "/f"}},
		Links:       map[string]string{"/g": "h"},
	}
	got := &Config{
		Ports: c.Ports, Volumes: c.Volumes, StopSignal: c.StopSignal, Healthcheck: c.Healthcheck, Entrypoint: c.Entrypoint,
		Cmd: c.Cmd, Dirs: c.Dirs, EmptyFiles: c.EmptyFiles, Links: c.Links,
	}
	if diff := cmp.Diff(want, got, ignoreOrigins); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if !c.InheritsCmd() || !c.Smoke.Command.UsesShell() {
		t.Errorf("cmd %v, smoke %q", c.InheritsCmd(), c.Smoke.Command)
	}
	if err := c.Set("cmd", "", "own"); err != nil || c.InheritsCmd() {
		t.Errorf("a flag's cmd isn't taken: %v", err)
	}
	if got := c.Dirs[2].Mode.FileMode(); got != fs.ModeSticky|0o777 {
		t.Errorf("mode %v", got)
	}
}

func TestContainerProblems(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"ports: [8000/icmp]", `a:1:9: ports[0]: "8000/icmp" is not a port such as 8000 or 53/udp`},
		{"ports: [8000-8010]", `a:1:9: ports[0]: "8000-8010" is not a port such as 8000 or 53/udp`},
		{"ports: [53/udp, 53/udp]", `a:1:17: ports[1]: 53/udp is listed twice`},
		{"ports: [80/tcp, 80]", `a:1:17: ports[1]: 80 is listed twice`},
		{"ports: [70000/udp]", `a:1:9: ports[0]: 70000 is not a port (1 to 65535)`},
		{"ports: [53/udp]\nsmoke: {http: {}}", `a:2:15: smoke.http: has no port, and ports lists none for TCP`},
		{"volumes: [data]", `a:1:11: volumes[0]: "data" is relative; a path in the image starts with /`},
		{"volumes: [/a, /a/]", `a:1:15: volumes[1]: "/a/" is the same as volumes[0]`},
		{"stop_signal: TERM", `a:1:14: stop_signal: "TERM" is neither a name such as SIGTERM nor a number`},
		{"healthcheck: {}", `a:1:14: healthcheck.command: is missing`},
		{"healthcheck: off", `a:1:14: healthcheck: is a string; it should be a mapping with command, interval, timeout, start_period, start_interval, retries, disable`},
		{"healthcheck: {command: x y}", `a:1:24: healthcheck.command: is a string; it should be a list, [x, y], since no shell splits it; {shell: TEXT} has one do it`},
		{"healthcheck: {command: [x], interval: 1us}", `a:1:39: healthcheck.interval: 1µs is not between 1ms and 24h0m0s`},
		{"healthcheck: {command: [x], retries: -1}", `a:1:38: healthcheck.retries: -1 is less than 0`},
		{"healthcheck: {command: [x], disable: true}", `a:1:24: healthcheck.command: is given beside disable`},
		{"entrypoint: inherits", `a:1:13: entrypoint: is a string; it should be a list, [inherits], since no shell splits it; {shell: TEXT} has one do it`},
		{"smoke: {command: inherit}", `a:1:18: smoke.command: is a string; it should be a list, [inherit], since no shell splits it; {shell: TEXT} has one do it`},
		{"cmd: {shell: ''}", `a:1:6: cmd: has no text for the shell`},
		{"cmd: {sh: x}", `a:1:7: cmd.sh: no such field; a command is a list, or {shell: TEXT}`},
		{"dirs: [{mode: 0755}]", `a:1:8: dirs[0]: has no path`},
		{"dirs: [{path: /a, mode: 0888}]", `a:1:25: dirs[0].mode: "0888" is not a mode such as 0755 or 1777`},
		{"dirs: [{path: /a, mode: 17777}]", `a:1:25: dirs[0].mode: "17777" is not a mode such as 0755 or 1777`},
		{"dirs: [{path: /a, mode: 0077}]", `a:1:25: dirs[0].mode: 0077 lets the owner do nothing`},
		{"dirs: [{path: /a, user: 'a:b:c'}]", `a:1:25: dirs[0].user: "a:b:c" is not NAME[:GROUP] or UID[:GID]`},
		{"dirs: [{path: /a, user: '4294967296'}]", `a:1:25: dirs[0].user: "4294967296" is not NAME[:GROUP] or UID[:GID]: "4294967296" is not a number that fits`},
		{"dirs: [{path: /a, user: -1}]", `a:1:25: dirs[0].user: "-1" is not NAME[:GROUP] or UID[:GID]: "-1" is not a number that fits`},
		{"dirs: [/a]\nempty_files: [/a]", `a:2:15: empty_files[0]: "/a" is the same as dirs[0]`},
		{"dirs: [/a/b]\nlinks: {/a: /c}", `a:1:8: dirs[0]: "/a/b" can't be in links./a, which is no directory`},
		{"links: {a: b}", `a:1:9: links.a: "a" is relative; a path in the image starts with /`},
		{"links: {/a: /a/}", `a:1:9: links./a: leads to itself`},
		{"links: {/a: ''}", `a:1:9: links./a: "" is nothing that a link can lead to`},
		{"links: {/a: b}\napp: [{from: x, to: /a}]", `a:2:21: app[0].to: "/a" is already used by links./a`},
	} {
		_, err := Parse("a", []byte(tt.text))
		if err == nil || err.Error() != tt.want {
			t.Errorf("%s\n got %v\nwant %s", tt.text, err, tt.want)
		}
	}
}
