package tags_test

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/internal/vectors"
	"github.com/assemble-image/assemble/wheels/tags"
)

var arm64 = tags.Target{Python: "3.10.19", Machine: "aarch64", Glibc: "2.36"}

func texts(list []tags.Tag) []string {
	s := make([]string, len(list))
	for i, tag := range list {
		s[i] = tag.String()
	}
	return s
}

func TestSupportedTable(t *testing.T) {
	data, err := os.ReadFile(vectors.Path(t, "tags_cp310_aarch64_glibc236.txt"))
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Fields(string(data))
	supported, err := tags.Supported(arm64)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, texts(supported)); diff != "" {
		t.Errorf("supported tags (-want +got):\n%s", diff)
	}
	t.Logf("%d tags", len(want))
}

func TestParseTagsTable(t *testing.T) {
	rows := vectors.Rows(t, "tags_parse.tsv")
	for _, row := range rows {
		text := vectors.Text(t, row[0])
		list, err := tags.ParseTags(text)
		if (err != nil) != (row[1] == "error") {
			t.Errorf("ParseTags(%q): %v, want %s", text, err, row[1])
			continue
		}
		if err != nil {
			continue
		}
		var want []string
		vectors.Decode(t, row[1], &want)
		if diff := cmp.Diff(want, texts(list)); diff != "" {
			t.Errorf("ParseTags(%q) (-want +got):\n%s", text, diff)
		}
	}
	t.Logf("%d rows", len(rows))
}

func TestFilenameTable(t *testing.T) {
	supported, err := tags.Supported(arm64)
	if err != nil {
		t.Fatal(err)
	}
	index := tags.NewIndex(supported)
	rows := vectors.Rows(t, "wheel_filenames.tsv")
	for _, row := range rows {
		text := vectors.Text(t, row[0])
		f, err := tags.ParseFilename(text)
		if (err == nil) != (row[1] == "valid") {
			t.Errorf("ParseFilename(%q): %v, want %s", text, err, row[1])
			continue
		}
		if err != nil {
			continue
		}
		var want []string
		vectors.Decode(t, row[5], &want)
		if diff := cmp.Diff(want, texts(f.Tags)); diff != "" {
			t.Errorf("ParseFilename(%q) tags (-want +got):\n%s", text, diff)
		}
		if f.Normalized != row[2] || f.Version.String() != vectors.Text(t, row[3]) || f.String() != text {
			t.Errorf("ParseFilename(%q) = %s %s, prints %q", text, f.Normalized, f.Version, f)
		}
		var build []any
		vectors.Decode(t, row[4], &build)
		if len(build) == 0 != f.Build.IsZero() {
			t.Errorf("ParseFilename(%q) has build %v, want %v", text, f.Build, build)
		} else if len(build) == 2 {
			n, _ := f.Build.Number.Int()
			if float64(n) != build[0] || f.Build.Suffix != build[1] {
				t.Errorf("ParseFilename(%q) has build %v, want %v", text, f.Build, build)
			}
		}
		if rank := strconv.Itoa(index.Rank(f.Tags)); rank != row[6] {
			t.Errorf("%q ranks %s, want %s", text, rank, row[6])
		}
	}
	t.Logf("%d rows", len(rows))
}
