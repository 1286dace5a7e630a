package serve

import (
	"errors"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/assemble-image/assemble/internal/osfile"
)

// maxConfig bounds an image's config that is shown, in bytes.
const maxConfig = 4 << 20

// templates are parsed when a page is first asked for: parsing costs what each
// run of the program would pay.
var templates = sync.OnceValue(func() *template.Template { return template.Must(template.New("").Parse(pageText)) })

// pages shows what is in the registry. All that comes from images (names, tags,
// annotations, histories) is made by whoever may push, and goes through
// html/template; pages load nothing and run nothing.
func (s *Server) pages() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		name, isRepository := strings.CutPrefix(r.URL.Path, "/-/")
		var err error
		switch {
		case r.URL.Path == "/":
			err = s.showIndex(w)
		case isRepository && validName(name):
			if ref := r.URL.Query().Get("image"); ref != "" {
				err = s.showImage(w, name, ref)
			} else {
				err = s.showRepository(w, name)
			}
		default:
			http.NotFound(w, r)
		}
		if err != nil {
			http.Error(w, "not found", http.StatusNotFound)
		}
	})
}

func render(w http.ResponseWriter, name string, data any) error {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = templates().ExecuteTemplate(w, name, data) // the client may be gone
	return nil
}

func (s *Server) showIndex(w http.ResponseWriter) error {
	names, err := s.store.repositories()
	if err != nil {
		return err
	}
	type row struct {
		Name string
		Tags int
	}
	var rows []row
	for _, n := range names {
		rows = append(rows, row{n, len(s.imageTags(n))})
	}
	return render(w, "index", rows)
}

// imageTags lists a repository's tags without those of attachments.
func (s *Server) imageTags(name string) []string {
	tags, err := s.store.tags(name)
	if err != nil {
		return nil
	}
	var list []string
	for t := range tags {
		if _, ok := attachedTo(t); !ok {
			list = append(list, t)
		}
	}
	slices.Sort(list)
	return list
}

func (s *Server) showRepository(w http.ResponseWriter, name string) error {
	tags, err := s.store.tags(name)
	if err != nil {
		return err
	}
	data := struct {
		Name string
		Rows []*shownImage
	}{Name: name}
	for _, t := range s.imageTags(name) {
		img, err := s.describe(name, tags[t])
		if err != nil {
			continue // it was deleted meanwhile
		}
		img.Tag = t
		data.Rows = append(data.Rows, img)
	}
	if len(tags) == 0 {
		revisions, err := s.store.revisions(name)
		if err != nil {
			return err
		}
		if len(revisions) == 0 {
			return errNothing
		}
	}
	return render(w, "repository", data)
}

var errNothing = errors.New("nothing is there")

func (s *Server) showImage(w http.ResponseWriter, name, ref string) error {
	h, err := v1.NewHash(ref)
	if err != nil {
		return err
	}
	img, err := s.describe(name, h)
	if err != nil {
		return err
	}
	return render(w, "image", img)
}

// shownImage is what a page says of an image or index.
type shownImage struct {
	Repository, Tag string
	Digest          string
	Kind            string
	Platforms       []shownPlatform
	Created         string
	Base            string
	Size            int64
	Attached        []shownReferrer
	History         []v1.History
	Annotations     map[string]string
	Labels          map[string]string
}

type shownPlatform struct{ Name, Digest string }

type shownReferrer struct {
	Digest, Type string
	Annotations  map[string]string
}

// describe reads what a page says of a manifest.
func (s *Server) describe(name string, h v1.Hash) (*shownImage, error) {
	raw, err := s.store.document(name, h)
	if err != nil {
		return nil, err
	}
	doc, err := parseDocument(raw)
	if err != nil {
		return nil, err
	}
	img := &shownImage{Repository: name, Digest: h.String(), Kind: doc.MediaType, Annotations: doc.Annotations, Size: int64(len(raw))}
	img.Base = doc.Annotations["org.opencontainers.image.base.name"]
	for _, d := range doc.Manifests {
		if d.Platform != nil && d.Platform.OS != "unknown" {
			img.Platforms = append(img.Platforms, shownPlatform{d.Platform.String(), d.Digest.String()})
		}
		img.Size += d.Size
	}
	for _, d := range doc.blobs() {
		img.Size += d.Size
	}
	if doc.Config != nil {
		img.addConfig(s.store, *doc.Config)
	}
	for _, d := range s.store.referrers(name, h).Manifests {
		img.Attached = append(img.Attached, shownReferrer{d.Digest.String(), d.ArtifactType, d.Annotations})
	}
	if _, ok := s.store.link(s.store.tagDir(name, fallbackTag(h)+".sig") + "/current"); ok {
		img.Attached = append(img.Attached, shownReferrer{Type: "signatures of cosign 1 and 2"})
	}
	return img, nil
}

// addConfig adds what the config says, if it is an image's and can be read.
func (i *shownImage) addConfig(s store, d v1.Descriptor) {
	raw, err := osfile.ReadBounded(s.blobFile(d.Digest), maxConfig)
	if err != nil {
		return
	}
	cf, err := v1.ParseConfigFile(strings.NewReader(string(raw)))
	if err != nil {
		return
	}
	if p := cf.Platform(); p != nil && p.OS != "" {
		i.Platforms = append(i.Platforms, shownPlatform{Name: p.String()})
	}
	if !cf.Created.IsZero() {
		i.Created = cf.Created.UTC().Format(time.RFC3339)
	}
	i.History, i.Labels = cf.History, cf.Config.Labels
}

const pageText = `
{{define "head"}}<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{{.}}</title><style>
body{font:15px/1.5 system-ui,sans-serif;margin:2em auto;max-width:70em;padding:0 1em;color:#222;background:#fff}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3em .8em .3em 0;border-bottom:1px solid #ddd;vertical-align:top;overflow-wrap:anywhere}
code{font:13px ui-monospace,monospace}a{color:#05a}
@media(prefers-color-scheme:dark){body{color:#ddd;background:#111}a{color:#8bf}th,td{border-color:#444}}
</style></head><body>{{end}}
{{define "index"}}{{template "head" "Registry"}}<h1>Registry</h1>
{{if .}}<table><tr><th>Repository<th>Tags</tr>{{range .}}<tr><td><a href="/-/{{.Name}}">{{.Name}}</a><td>{{.Tags}}</tr>{{end}}</table>
{{else}}<p>Nothing was pushed yet.</p>{{end}}</body></html>{{end}}
{{define "repository"}}{{template "head" .Name}}<p><a href="/">Registry</a></p><h1>{{.Name}}</h1>
<table><tr><th>Tag<th>Digest<th>Platforms<th>Created<th>Base<th>Bytes<th>Attached</tr>
{{range .Rows}}<tr><td>{{.Tag}}<td><a href="/-/{{.Repository}}?image={{.Digest}}"><code>{{.Digest}}</code></a>
<td>{{range .Platforms}}{{.Name}}<br>{{end}}<td>{{.Created}}<td>{{.Base}}<td>{{.Size}}<td>{{range .Attached}}{{.Type}}<br>{{end}}</tr>
{{end}}</table></body></html>{{end}}
{{define "image"}}{{template "head" .Repository}}<p><a href="/">Registry</a> / <a href="/-/{{.Repository}}">{{.Repository}}</a></p>
<h1><code>{{.Digest}}</code></h1>
<table><tr><th>Kind<td>{{.Kind}}</tr>{{if .Created}}<tr><th>Created<td>{{.Created}}</tr>{{end}}{{if .Base}}<tr><th>Base<td>{{.Base}}</tr>{{end}}
<tr><th>Platforms<td>{{$r := .Repository}}{{range .Platforms}}{{if .Digest}}<a href="/-/{{$r}}?image={{.Digest}}">{{.Name}}</a>{{else}}{{.Name}}{{end}}<br>{{end}}</tr></table>
<h2>Attached</h2>{{if .Attached}}<table><tr><th>Type<th>Digest<th>Annotations</tr>
{{range .Attached}}<tr><td>{{.Type}}<td><code>{{.Digest}}</code><td>{{range $k, $v := .Annotations}}{{$k}}: {{$v}}<br>{{end}}</tr>{{end}}</table>
{{else}}<p>Nothing: it isn't signed.</p>{{end}}
{{if .Annotations}}<h2>Annotations</h2><table>{{range $k, $v := .Annotations}}<tr><th>{{$k}}<td>{{$v}}</tr>{{end}}</table>{{end}}
{{if .Labels}}<h2>Labels</h2><table>{{range $k, $v := .Labels}}<tr><th>{{$k}}<td>{{$v}}</tr>{{end}}</table>{{end}}
{{if .History}}<h2>Layers and history</h2><table><tr><th>Made by<th>What</tr>
{{range .History}}<tr><td>{{.CreatedBy}}<td>{{.Comment}}</tr>{{end}}</table>{{end}}</body></html>{{end}}
`
