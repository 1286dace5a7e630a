package pep508_test

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/internal/vectors"
	"github.com/assemble-image/assemble/wheels/pep508"
)

func TestNameTable(t *testing.T) {
	rows := vectors.Rows(t, "names.tsv")
	for _, row := range rows {
		name, want := vectors.Text(t, row[0]), vectors.Text(t, row[1])
		got := pep508.NormalizeName(name)
		if got != want {
			t.Errorf("NormalizeName(%q) = %q, want %q", name, got, want)
		}
		if normal := pep508.ValidName(name) && got == name; normal != (row[2] == "1") {
			t.Errorf("%q is normal: %v, want %s", name, normal, row[2])
		}
	}
	t.Logf("%d rows", len(rows))
}

func TestRequirementTable(t *testing.T) {
	type parts struct {
		Name, Specifiers, URL, Marker string
		Extras                        []string
	}
	rows := vectors.Rows(t, "pep508_requirements.tsv")
	for _, row := range rows {
		text := vectors.Text(t, row[0])
		r, err := pep508.ParseRequirement(text)
		if (err == nil) != (row[1] == "valid") {
			t.Errorf("ParseRequirement(%q): %v, want %s", text, err, row[1])
			continue
		}
		if err != nil {
			continue
		}
		want := parts{Name: row[2], Specifiers: vectors.Text(t, row[4]), URL: vectors.Text(t, row[5]), Marker: vectors.Text(t, row[6])}
		vectors.Decode(t, row[3], &want.Extras)
		got := parts{Name: r.Name, Specifiers: r.Specifiers.String(), URL: r.URL, Extras: append([]string{}, r.Extras...)}
		if r.Marker != nil {
			got.Marker = r.Marker.String()
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("ParseRequirement(%q) (-want +got):\n%s", text, diff)
		}
	}
	t.Logf("%d rows", len(rows))
}

// tableEnvironment reads the environment that markers.tsv was recorded for.
func tableEnvironment(t *testing.T) pep508.Environment {
	t.Helper()
	data, err := os.ReadFile(vectors.Path(t, "marker_env_cp310_linux_arm64.json"))
	if err != nil {
		t.Fatal(err)
	}
	var v map[string]string
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return pep508.Environment{
		ImplementationName:           v["implementation_name"],
		ImplementationVersion:        v["implementation_version"],
		OSName:                       v["os_name"],
		PlatformMachine:              v["platform_machine"],
		PlatformPythonImplementation: v["platform_python_implementation"],
		PlatformRelease:              v["platform_release"],
		PlatformSystem:               v["platform_system"],
		PlatformVersion:              v["platform_version"],
		PythonFullVersion:            v["python_full_version"],
		PythonVersion:                v["python_version"],
		SysPlatform:                  v["sys_platform"],
	}
}

// windows changes what the table's last column says: win32, AMD64, Python 3.13.
func windows(env pep508.Environment) pep508.Environment {
	env.SysPlatform, env.PlatformMachine = "win32", "AMD64"
	env.OSName, env.PlatformSystem = "nt", "Windows"
	env.PythonVersion, env.PythonFullVersion, env.ImplementationVersion = "3.13", "3.13.0", "3.13.0"
	return env
}

func TestMarkerTable(t *testing.T) {
	linux := tableEnvironment(t)
	rows := vectors.Rows(t, "markers.tsv")
	soft, softWrong := 0, 0
	for _, row := range rows {
		text := vectors.Text(t, row[0])
		m, err := pep508.ParseMarker(text)
		if (err == nil) != (row[1] == "valid") {
			t.Errorf("ParseMarker(%q): %v, want %s", text, err, row[1])
			continue
		}
		if err != nil {
			continue
		}
		if got, want := m.String(), vectors.Text(t, row[2]); got != want {
			t.Errorf("ParseMarker(%q) = %q, want %q", text, got, want)
		}
		got := []string{
			answer(m.Eval(linux)), answer(m.Eval(linux, "foo")), answer(m.Eval(linux, "foo-bar")),
			answer(m.Eval(linux, "test")), answer(m.Eval(windows(linux))),
		}
		kernel := strings.Contains(text, "platform_release") || strings.Contains(text, "platform_version") ||
			strings.Contains(text, "platform.version")
		if kernel {
			soft++
		}
		if diff := cmp.Diff(row[3:8], got); diff != "" {
			if kernel {
				softWrong++
			}
			t.Errorf("%q evaluates (-want +got):\n%s", text, diff)
		}
	}
	t.Logf("%d rows; of %d that ask for the kernel's release or version, %d differ", len(rows), soft, softWrong)
}

func answer(holds bool, err error) string {
	switch {
	case errors.Is(err, pep508.ErrUndefinedComparison):
		return "error:UndefinedComparison"
	case errors.Is(err, pep508.ErrUndefinedVariable):
		return "error:UndefinedEnvironmentName"
	case err != nil:
		return err.Error()
	case holds:
		return "true"
	}
	return "false"
}
