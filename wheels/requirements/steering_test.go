package requirements_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/wheels/requirements"
)

// What was left out and replaced on purpose is read from where each kind of lock
// has it, and from nowhere else.
func TestSteering(t *testing.T) {
	pin := "a==1 --hash=" + hashA + "\n"
	head := "# Made by assemble lock requirements.txt\n# for Python 3.10.\n"
	pylock := "[[packages]]\nname = \"a\"\nversion = \"1\"\nwheels = [" + wheelTOML("a-1-py3-none-any.whl") + "]\n"
	uv := "version = 1\nrequires-python = \">=3.10\"\n[manifest]\nexcludes = [\"b\"]\n" +
		"overrides = [{ name = \"numpy\", specifier = \"==1.26.4\" }, { name = \"c\", marker = \"sys_platform == 'never'\" }, { name = \"g\", git = \"https://h/g\" }]\n" +
		"[[package]]\nname = \"p\"\nversion = \"1\"\nsource = { virtual = \".\" }\n"
	for _, c := range []struct {
		what, name, text string
		want             requirements.Steering
	}{
		{"none", "r.lock", pin, requirements.Steering{}},
		{
			"comments", "r.lock", head + "# exclude: b\n# override: numpy<2,>=1 ; python_version > \"3\"\n" + pin,
			requirements.Steering{Exclude: []string{"b"}, Override: []string{"numpy<2,>=1 ; python_version > \"3\""}},
		},
		{"another tool's", "r.lock", "# exclude: b\n" + pin, requirements.Steering{}},
		{"not at the top", "r.lock", head + pin + "# exclude: b\n", requirements.Steering{}},
		{"pylock", "pylock.toml", "lock-version = \"1.0\"\n" + pylock, requirements.Steering{}},
		{
			"pylock's tool", "pylock.toml", "lock-version = \"1.0\"\n[tool.assemble]\nexclude = [\"b\"]\noverride = [\"c==1\"]\n" + pylock,
			requirements.Steering{Exclude: []string{"b"}, Override: []string{"c==1"}},
		},
		{
			"uv's manifest", "uv.lock", uv,
			requirements.Steering{Exclude: []string{"b"}, Override: []string{"numpy==1.26.4", "c ; sys_platform == 'never'", "g"}},
		},
	} {
		l, err := requirements.ReadLock(context.Background(), c.name, files(map[string]string{c.name: c.text}), arm64, requirements.Options{}, requirements.LockOptions{})
		if err != nil {
			t.Errorf("%s: %v", c.what, err)
			continue
		}
		if diff := cmp.Diff(c.want, l.Steering); diff != "" {
			t.Errorf("%s: (-want +got):\n%s", c.what, diff)
		}
	}
	bad := "lock-version = \"1.0\"\n[tool.assemble]\nexclude = [1]\n" + pylock
	if _, err := readLock("pylock.toml", bad, requirements.LockOptions{}); err == nil {
		t.Errorf("a list of numbers: %v", err)
	}
}
