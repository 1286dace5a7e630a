package tools

import (
	"errors"
	"io"
	"io/fs"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/shell"
)

// options are a command's options, by their letter: their last values, and all
// that they were given.
type options struct {
	values map[byte]string
	all    map[byte][]string
	count  map[byte]int
	rest   []string
}

func (o options) has(c byte) bool { return o.count[c] > 0 }

// parse reads options as getopt_long does: spec has the letters, those with a
// value followed by a colon; long maps long names to letters. Options may stand
// after operands. It complains about others and reports false.
func parse(c *shell.Call, spec string, long map[string]byte) (options, bool) {
	o := options{values: map[byte]string{}, all: map[byte][]string{}, count: map[byte]int{}}
	give := func(b byte, value string) {
		o.values[b] = value
		o.all[b] = append(o.all[b], value)
	}
	takes := func(b byte) (known, value bool) {
		i := strings.IndexByte(spec, b)
		return i >= 0 && b != ':', i >= 0 && strings.HasPrefix(spec[i+1:], ":")
	}
	for args := c.Args; len(args) > 0; {
		a := args[0]
		args = args[1:]
		switch {
		case a == "--":
			o.rest = append(o.rest, args...)
			return o, true
		case strings.HasPrefix(a, "--"):
			name, value, given := strings.Cut(a[2:], "=")
			b, known := long[name]
			if !known {
				c.Fail("unrecognized option '%s'", a)
				return o, false
			}
			if _, wants := takes(b); wants && !given && len(args) > 0 {
				value, args = args[0], args[1:]
			}
			give(b, value)
			o.count[b]++
		case len(a) > 1 && a[0] == '-':
			for i := 1; i < len(a); i++ {
				known, wants := takes(a[i])
				if !known {
					c.Fail("invalid option -- '%c'", a[i])
					return o, false
				}
				o.count[a[i]]++
				if !wants {
					continue
				}
				if i+1 < len(a) {
					give(a[i], a[i+1:])
				} else if len(args) > 0 {
					give(a[i], args[0])
					args = args[1:]
				}
				break
			}
		default:
			o.rest = append(o.rest, a)
		}
	}
	return o, true
}

// puts prints, and returns the status.
func puts(c *shell.Call, text string) int {
	if _, err := io.WriteString(c.Stdout, text); err != nil {
		return 1
	}
	return 0
}

// reason is what an error says without its path, as programs print it.
func reason(c *shell.Call, err error) error {
	c.Check(err)
	if pe, found := errors.AsType[*fs.PathError](err); found {
		return pe.Err
	}
	return err
}

// maxFile bounds a file that a program reads whole.
const maxFile = 16 << 20

// read returns a file's content, or the standard input's for "-".
func read(c *shell.Call, name string) ([]byte, error) {
	if name == "-" || name == "/dev/stdin" {
		return c.ReadAll(c.Stdin)
	}
	if name == "/dev/null" {
		return nil, nil
	}
	data, err := c.Root.ReadFile(c.Path(name), maxFile)
	c.Spend(len(data) + 1)
	return data, err
}

// inputs calls f with each file's content, or the standard input's where none
// is named. It returns 1 if one can't be read.
func inputs(c *shell.Call, names []string, f func(name string, data []byte)) int {
	status := 0
	if len(names) == 0 {
		names = []string{"-"}
	}
	for _, name := range names {
		data, err := read(c, name)
		if err != nil {
			status = c.Fail("%s: %v", name, reason(c, err))
			continue
		}
		f(name, data)
	}
	return status
}

// lines splits data into lines without their ends.
func lines(data []byte) []string {
	text := strings.TrimSuffix(string(data), "\n")
	if text == "" && len(data) == 0 {
		return nil
	}
	return strings.Split(text, "\n")
}

// join joins a directory and a name.
func join(dir, name string) string {
	if strings.HasSuffix(dir, "/") {
		return dir + name
	}
	return dir + "/" + name
}

// baseOf is the last element of a path.
func baseOf(path string) string {
	path = strings.TrimRight(path, "/")
	if path == "" {
		return "/"
	}
	return path[strings.LastIndexByte(path, '/')+1:]
}

func isDir(c *shell.Call, path string) bool {
	i, err := c.Root.Stat(c.Path(path))
	return err == nil && i.Mode.IsDir()
}

// umasked takes the script's umask off.
func umasked(c *shell.Call, mode fs.FileMode) fs.FileMode { return mode &^ fs.FileMode(c.Umask()) }

// writeFile writes a file with exactly that mode.
func writeFile(c *shell.Call, path string, data []byte, mode fs.FileMode) error {
	c.Spend(len(data))
	if err := c.Root.WriteFile(path, data, mode); err != nil {
		return err
	}
	return c.Root.Chmod(path, mode)
}
