package config

import (
	"fmt"
)

// Model is a model's file or directory.
type Model struct {
	From Source `yaml:"from"`
	// To is where it goes in the image, absolute.
	To     string `yaml:"to"`
	SHA256 string `yaml:"sha256"`
	User   Owner  `yaml:"user"`
}

// App is the entry of app that the model's files would be.
func (m Model) App() App { return App{From: m.From, To: m.To, SHA256: m.SHA256, User: m.User} }

// maxModels bounds how many models there may be.
const maxModels = 100

// models checks the models.
func (k *checker) models() {
	if len(k.c.Models) > maxModels {
		k.add("models", "has more than %d entries", maxModels)
	}
	taken := map[string]string{}
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
}
