package base

import "path"

// Pip is what the image says of where its own pip finds packages.
type Pip struct {
	// Configs are pip's files, the strongest last: the system's, root's, and that
	// of the interpreter's prefix.
	Configs []PipConfig `json:",omitempty"`
	// Models is the text of pip's own models/index.py, "" without pip.
	Models string `json:",omitempty"`
}

// PipConfig is a file of pip's settings.
type PipConfig struct{ Path, Text string }

// pipModels is where pip has its default index, below a directory of packages.
const pipModels = "pip/_internal/models"

// findPip reads pip's files (pip's user guide, "Configuration files").
func findPip(t *tree, python Python) Pip {
	var p Pip
	for _, at := range []string{
		"/etc/xdg/pip/pip.conf", "/etc/pip.conf",
		"/root/.pip/pip.conf", "/root/.config/pip/pip.conf",
		path.Join(python.Prefix, "pip.conf"),
	} {
		if text := t.file(at); text != nil {
			p.Configs = append(p.Configs, PipConfig{at, string(text)})
		}
	}
	for _, dir := range python.Paths {
		if text := t.file(path.Join(dir, pipModels, "index.py")); text != nil {
			p.Models = string(text)
			break
		}
	}
	return p
}
