package resolve

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/assemble-image/assemble/wheels/pep508"
)

// TargetMarker is the marker that holds for targets like env: those of its
// machine and of its Python, micro versions aside.
func TargetMarker(env pep508.Environment) string {
	return fmt.Sprintf("python_version == %q and sys_platform == %q and platform_machine == %q and implementation_name == %q",
		env.PythonVersion, env.SysPlatform, env.PlatformMachine, env.ImplementationName)
}

// WritePylock writes the solution as pylock.toml (PEP 751): packages by name,
// each with its wheels by name and who wants it as a comment.
func (s *Solution) WritePylock(w io.Writer, opt WriteOptions) error {
	var b bytes.Buffer
	for _, line := range opt.Header {
		b.WriteString(strings.TrimRight("# "+oneLine(line), " ") + "\n")
	}
	b.WriteString("lock-version = \"1.0\"\n")
	if opt.Target != "" {
		b.WriteString("environments = [" + quote(opt.Target) + "]\n")
	}
	b.WriteString("created-by = \"assemble\"\n")
	if !opt.Steering.IsZero() {
		b.WriteString("\n[tool.assemble]\n")
		writeList(&b, "exclude", opt.Steering.Exclude)
		writeList(&b, "override", opt.Steering.Override)
	}
	for _, p := range s.Pins {
		if err := p.writePylock(&b, opt); err != nil {
			return fmt.Errorf("writing package %q of the lock: %w", p.Name, err)
		}
	}
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("writing the lock: %w", err)
	}
	return nil
}

// writeList writes a list of strings under a key, unless it is empty.
func writeList(b *bytes.Buffer, key string, list []string) {
	if len(list) == 0 {
		return
	}
	quoted := make([]string, len(list))
	for i, text := range list {
		quoted[i] = quote(text)
	}
	fmt.Fprintf(b, "%s = [%s]\n", key, strings.Join(quoted, ", "))
}

func (p Pin) writePylock(b *bytes.Buffer, opt WriteOptions) error {
	b.WriteString("\n[[packages]]\n")
	if via := p.via(); len(via) > 0 {
		b.WriteString("# via " + oneLine(strings.Join(via, ", ")) + "\n")
	}
	fmt.Fprintf(b, "name = %s\nversion = %s\n", quote(p.Name), quote(p.Version.String()))
	if p.RequiresPython != "" {
		fmt.Fprintf(b, "requires-python = %s\n", quote(p.RequiresPython))
	}
	if p.Direct {
		f := p.Wheels[0]
		fmt.Fprintf(b, "archive = { %s }\n", f.pylock(false))
		return nil
	}
	files := slices.Clone(p.files(opt))
	slices.SortFunc(files, func(x, y File) int { return cmp.Compare(x.Name, y.Name) })
	var wheels []string
	for _, f := range files {
		if rel, err := filepath.Rel(opt.Dir, f.Path); err == nil && filepath.IsAbs(opt.Dir) && filepath.IsAbs(f.Path) {
			f.Path = filepath.ToSlash(rel)
		}
		if publicURL(f.URL) == "" && f.Path == "" {
			return fmt.Errorf("file %q has neither URL nor path", f.Name)
		}
		if strings.HasSuffix(f.Name, ".whl") {
			wheels = append(wheels, "    { "+f.pylock(true)+" },\n")
		} else {
			fmt.Fprintf(b, "sdist = { %s }\n", f.pylock(true))
		}
	}
	b.WriteString("wheels = [\n" + strings.Join(wheels, "") + "]\n")
	return nil
}

// pylock returns the fields of a file, as in an inline table.
func (f File) pylock(named bool) string {
	var fields []string
	if named {
		fields = append(fields, "name = "+quote(f.Name))
	}
	if !f.UploadTime.IsZero() {
		fields = append(fields, "upload-time = "+f.UploadTime.UTC().Format(time.RFC3339Nano))
	}
	if f.URL != "" {
		fields = append(fields, "url = "+quote(publicURL(f.URL)))
	} else {
		fields = append(fields, "path = "+quote(f.Path))
	}
	if f.Size > 0 {
		fields = append(fields, fmt.Sprintf("size = %d", f.Size))
	}
	fields = append(fields, "hashes = { sha256 = "+quote(f.SHA256)+" }")
	return strings.Join(fields, ", ")
}

// quote returns text as a TOML basic string.
func quote(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
