package configure

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/internal/debs/root"
)

// TestMIME compiles the shared MIME database, one of whose types isn't right.
func TestMIME(t *testing.T) {
	const from = "../mimedb/testdata/mime/"
	files := []root.File{file("/usr/bin/update-mime-database", "\x7fELF")}
	for _, name := range []string{"a.xml", "b.xml", "Override.xml"} {
		data, err := os.ReadFile(from + "packages/" + name)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file("/usr/share/mime/packages/"+name, string(data)))
	}
	r, result := scripted(t, "update-mime-database /usr/share/mime\n! update-mime-database /nowhere 2>/dev/null\n", files...)
	for _, name := range []string{"mime.cache", "globs2", "magic", "icons", "text/x-demo.xml"} {
		want, err := os.ReadFile(from + name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.ReadFile("/usr/share/mime/"+name, 1<<20)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes, not %d (%v)", name, len(got), len(want), err)
		}
	}
	if len(result.Warnings) > 0 {
		t.Error(result.Warnings)
	}
}

// TestGTKModules has what gio-querymodules and gtk-query-immodules-3.0 of Debian
// 12 write.
func TestGTKModules(t *testing.T) {
	dir := "/usr/lib/aarch64-linux-gnu/"
	r, result := scripted(t, dir+"glib-2.0/gio-querymodules "+dir+"gio/modules /opt/modules\n"+dir+"libgtk-3-0/gtk-query-immodules-3.0 --update-cache\n",
		file(dir+"glib-2.0/gio-querymodules", "\x7fELF"), file(dir+"libgtk-3-0/gtk-query-immodules-3.0", "\x7fELF"),
		file(dir+"gio/modules/libgvfsdbus.so", ""), file(dir+"gio/modules/libdconfsettings.so", ""), file(dir+"gio/modules/README", ""),
		file("/opt/modules/libown.so", ""), file("/opt/modules/libdconfsettings.so", ""), file("/opt/modules/giomodule.cache", "libdconfsettings.so: gsettings-backend\n"),
		file(dir+"gtk-3.0/3.0.0/immodules/im-thai.so", ""), file(dir+"gtk-3.0/3.0.0/immodules/im-fcitx5.so", ""), file(dir+"gtk-3.0/3.0.0/immodules/im-own.so", ""))
	for path, want := range map[string]string{
		dir + "gio/modules/giomodule.cache": "libdconfsettings.so: gsettings-backend\nlibgvfsdbus.so: gio-vfs,gio-volume-monitor\n",
		"/opt/modules/giomodule.cache":      "",
		dir + "gtk-3.0/3.0.0/immodules.cache": `# GTK+ Input Method Modules file
# Automatically generated file, do not edit
# Created by /usr/lib/aarch64-linux-gnu/libgtk-3-0/gtk-query-immodules-3.0 from gtk+-3.24.38
#
# ModulesPath = /usr/lib/aarch64-linux-gnu/gtk-3.0/3.0.0/linux/immodules:/usr/lib/aarch64-linux-gnu/gtk-3.0/3.0.0/immodules:/usr/lib/aarch64-linux-gnu/gtk-3.0/linux/immodules:/usr/lib/aarch64-linux-gnu/gtk-3.0/immodules
#
"/usr/lib/aarch64-linux-gnu/gtk-3.0/3.0.0/immodules/im-fcitx5.so" 
"fcitx" "Fcitx5 (Flexible Input Method Framework5)" "fcitx5" "/usr/locale" "ja:ko:zh:*" 
"fcitx5" "Fcitx5 (Flexible Input Method Framework5)" "fcitx5" "/usr/locale" "ja:ko:zh:*" 

"/usr/lib/aarch64-linux-gnu/gtk-3.0/3.0.0/immodules/im-thai.so" 
"thai" "Thai-Lao" "gtk30" "/usr/share/locale" "lo:th" 

`,
	} {
		got, _ := r.ReadFile(path, 1<<20)
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Error(path, diff)
		}
	}
	if len(result.Warnings) != 2 || !strings.Contains(result.Warnings[0].Consequence, "libown.so") || !strings.Contains(result.Warnings[1].Consequence, "im-own.so") {
		t.Error(result.Warnings)
	}
}

// TestSchemas compiles GSettings' schemas as GLib's program does; without any,
// what was compiled before goes.
func TestSchemas(t *testing.T) {
	program := file("/usr/lib/aarch64-linux-gnu/glib-2.0/glib-compile-schemas", "\x7fELF")
	script := "mkdir -p /opt; touch /opt/gschemas.compiled\n" + program.Path + " /usr/share/glib-2.0/schemas\n" + program.Path + " --strict /opt\n"
	files := []root.File{program}
	for _, name := range []string{"a.enums.xml", "b.gschema.xml", "c.gschema.xml", "10_vendor.gschema.override"} {
		data, err := os.ReadFile("../gschema/testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file("/usr/share/glib-2.0/schemas/"+name, string(data)))
	}
	want, err := os.ReadFile("../gschema/testdata/gschemas.compiled")
	if err != nil {
		t.Fatal(err)
	}
	r, result := scripted(t, script, append(files, file("/usr/share/glib-2.0/schemas/d.gschema.xml", "<schemalist>"))...)
	got, err := r.ReadFile("/usr/share/glib-2.0/schemas/gschemas.compiled", 1<<20)
	if err != nil || !bytes.Equal(got, want) || len(result.Warnings) > 0 {
		t.Error(len(got), err, result.Warnings)
	}
	if r.Exists("/opt/gschemas.compiled") {
		t.Error("what isn't of any schema is still there")
	}
}
