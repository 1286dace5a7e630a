package config

import (
	"fmt"
	"path"
	"strings"

	"github.com/assemble-image/assemble/internal/lazyregexp"
)

// Model is a model's file or directory.
type Model struct {
	From Source `yaml:"from"`
	// To is where it goes in the image, absolute.
	To     string `yaml:"to"`
	SHA256 string `yaml:"sha256"`
	User   Owner  `yaml:"user"`
	// External makes it an artifact of its own, called Name, "" for what From says.
	External bool   `yaml:"external"`
	Name     string `yaml:"name"`
}

// App is the entry of app that the model's files would be.
func (m Model) App() App { return App{From: m.From, To: m.To, SHA256: m.SHA256, User: m.User} }

// ArtifactName is what the model is called as an artifact.
func (m Model) ArtifactName() string {
	if m.Name != "" {
		return m.Name
	}
	name := strings.ToLower(path.Base(clean(m.To)))
	name = strings.TrimSuffix(name, path.Ext(name))
	name = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return '-'
	}, name)
	return strings.Trim(name[:min(len(name), maxModelName)], "-_")
}

// maxModelName leaves room in a tag for what makes it the model's.
const maxModelName = 64

var modelName = lazyregexp.New(`^[a-z0-9]([a-z0-9_-]{0,62}[a-z0-9])?$`)

// maxModels bounds how many models there may be.
const maxModels = 100

// models checks the models.
func (k *checker) models() {
	if len(k.c.Models) > maxModels {
		k.add("models", "has more than %d entries", maxModels)
	}
	taken, names := map[string]string{}, map[string]string{}
	for i, a := range k.c.App {
		taken[clean(a.To)] = fmt.Sprintf("app[%d]", i)
	}
	for i, m := range k.c.Models {
		field := fmt.Sprintf("models[%d]", i)
		if m.From.IsZero() {
			k.add(field+".from", "is missing")
		} else if m.From.URL == "" && k.outside(field, m.From.Path) {
			k.add(field+".from", "%q is outside the config's directory", m.From)
		}
		k.source(field, m.App())
		k.owner(field+".user", m.User)
		if m.Name != "" && !m.External {
			k.add(field+".name", "is for models that are external")
		}
		if m.Name != "" && !modelName.MatchString(m.Name) {
			k.add(field+".name", "%q is not a name (lower-case letters, digits, - and _; 64 at most)", m.Name)
		}
		if m.External && m.User != "" {
			k.add(field+".user", "is for models in the image; this one is external")
		}
		if m.To == "" {
			k.add(field+".to", "is missing")
			continue
		}
		if !k.absolute(field+".to", m.To) {
			continue
		}
		if other, ok := taken[clean(m.To)]; ok {
			k.add(field+".to", "%q is already used by %s", m.To, other)
			continue
		}
		taken[clean(m.To)] = field
		if !m.External {
			continue
		}
		if name := m.ArtifactName(); !modelName.MatchString(name) {
			k.add(field, "has no name; name: NAME gives it one")
		} else if other, ok := names[name]; ok {
			k.add(field+".name", "%q is the name of %s, too", name, other)
		} else {
			names[name] = field
		}
	}
}

var modelFields = []Field{
	{
		Path: "models", Form: FormList, Default: "none", Example: "[{from: models/detect.onnx, to: /models/detect.onnx}]",
		Doc: "Models: files or directories, each in layers of its own below those of `app`, so that a new version of the app leaves them alone. A directory of more than `layers.max_layer` is split by file. Ignore files don't apply.",
	},
	{
		Path: "models[].from", Form: FormPath, Example: "models/detect.onnx",
		Doc: "The file or directory here, inside the config's directory; or the http or https URL of a file, with its `sha256`.",
	},
	{
		Path: "models[].to", Form: FormText, Example: "/models/detect.onnx",
		Doc: "Where it goes in the image, absolute. For a file, the file's own path.",
	},
	{
		Path: "models[].sha256", Form: FormText, Default: "none; needed for a URL", Example: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		Doc: "The SHA-256 that the file must have.",
	},
	{
		Path: "models[].user", Form: FormText, Default: "root", Example: "appuser",
		Doc: "Who owns it: `NAME[:GROUP]` or `UID[:GID]`.",
	},
	{
		Path: "models[].external", Form: FormBool, Default: "false", Example: "true",
		Doc: "Whether the model is no part of the image, but an OCI artifact of its own by CNCF's ModelPack specification, which modctl and kitops read. `push` brings it to the image's repository, under the tag `model-NAME-` and the beginning of its digest; " +
			"annotations of the image have the digest and `to`, where whoever runs the image is to mount it, and `assemble verify` checks that it is there.",
	},
	{
		Path: "models[].name", Form: FormText, Default: "the last part of to, without what follows its dot", Example: "detect",
		Doc: "What an external model is called.",
	},
}
