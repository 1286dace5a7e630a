package wheels

import (
	"bytes"
	"strings"
)

// maxShebang is the longest first line that every Linux kernel reads, in
// bytes, its #! and its newline counted.
const maxShebang = 127

// shebang returns the lines that make a Python script run under interpreter.
// Where the kernel could not read the path (it is too long or has spaces),
// they are a shell command that Python takes for a string, as pip's are.
func shebang(interpreter string) string {
	if !strings.Contains(interpreter, " ") && len(interpreter)+3 <= maxShebang {
		return "#!" + interpreter + "\n"
	}
	if strings.Contains(interpreter, " ") {
		interpreter = `"` + interpreter + `"`
	}
	return "#!/bin/sh\n'''exec' " + interpreter + ` "$0" "$@"` + "\n' '''\n"
}

// wrapper returns the script of an entry point. It is byte for byte that of
// pip 26, whose .exe matters on Windows only; Pythons before 3.9, which that
// pip does not serve, lack the method and get a script without the line.
func wrapper(e EntryPoint, s Scheme) []byte {
	name, _, _ := strings.Cut(e.Attr, ".")
	var b bytes.Buffer
	b.WriteString(shebang(s.Interpreter))
	b.WriteString("import sys\nfrom " + e.Module + " import " + name + "\nif __name__ == '__main__':\n")
	if minor, ok := s.minor(); !ok || minor >= 9 {
		b.WriteString("    sys.argv[0] = sys.argv[0].removesuffix('.exe')\n")
	}
	b.WriteString("    sys.exit(" + e.Attr + "())\n")
	return b.Bytes()
}

// placeholder begins the first line of scripts that are to run under the
// interpreter they are installed for.
const placeholder = "#!python"

// rewriteScript replaces a script's first line, which begins with the
// placeholder, by one for interpreter. What else the line says is dropped and
// its end becomes a newline, as every installer has it.
func rewriteScript(script []byte, interpreter string) []byte {
	_, rest, _ := bytes.Cut(script, []byte("\n"))
	return append([]byte(shebang(interpreter)), rest...)
}
