package main

import (
	"fmt"
	"strings"

	"github.com/assemble-image/assemble/internal/images"
	"github.com/assemble-image/assemble/internal/report"
)

func sizeText(n int64) string { return report.Bytes(n) }

// shownImage is what `image show` prints.
type shownImage struct {
	*images.Description
	// Signed are the files of the public keys that a signature matches.
	Signed []string `json:"signedBy,omitempty"`
}

func (d shownImage) lines() []string {
	lines := []string{d.Reference, "  type      " + d.MediaType}
	for _, key := range d.Signed {
		lines = append(lines, "  signed    verified with "+key)
	}
	if len(d.Images) != 1 {
		lines = append(lines, attachedLines(d.Attached)...)
	}
	for _, i := range d.Images {
		lines = append(lines, imageLines(i, len(d.Images) > 1)...)
	}
	return lines
}

func attachedLines(list []images.Attachment) []string {
	if len(list) == 0 {
		return []string{"  attached  nothing: it isn't signed"}
	}
	var lines []string
	for _, a := range list {
		text := "  attached  " + a.What()
		if a.Key != "" {
			text += " by key " + a.Key
		}
		lines = append(lines, text)
	}
	return lines
}

func imageLines(i *images.Image, several bool) []string {
	var lines []string
	if several {
		lines = append(lines, "", i.Platform+" "+i.Digest)
	}
	add := func(name, text string) {
		if text != "" {
			lines = append(lines, fmt.Sprintf("  %-9s %s", name, text))
		}
	}
	add("platform", i.Platform)
	add("created", i.Created)
	add("size", sizeText(i.Size))
	add("base", strings.TrimSpace(i.Base.Name+" "+i.Base.Digest))
	add("python", i.Python)
	add("libc", i.Libc)
	add("user", i.Config.User)
	add("workdir", i.Config.WorkingDir)
	add("runs", strings.Join(append(append([]string{}, i.Config.Entrypoint...), i.Config.Cmd...), " "))
	lines = append(lines, attachedLines(i.Attached)...)
	lines = append(lines, "", "  layers")
	rows := make([][]string, 0, len(i.Layers))
	for _, l := range i.Layers {
		what := l.Comment
		if what == "" {
			what = l.CreatedBy
		}
		rows = append(rows, []string{"   ", l.Digest, sizeText(l.Size), what})
	}
	lines = append(lines, columns(rows)...)
	if i.Known == "" {
		return append(lines, "", "  what is installed isn't known: there is no build record; --scan reads the layers")
	}
	lines = append(lines, entryLines("wheels", i.Known, i.Wheels)...)
	return append(lines, entryLines("packages", i.Known, i.Packages)...)
}

func entryLines(title, known string, list []images.Entry) []string {
	if len(list) == 0 {
		return nil
	}
	lines := []string{"", fmt.Sprintf("  %s (%d, by the %s)", title, len(list), known)}
	for _, e := range list {
		lines = append(lines, "    "+e.Name+" "+e.Version)
	}
	return lines
}

// maxShownFiles is how many files a difference lists one by one.
const maxShownFiles = 200

func diffLines(d *images.Difference, files bool) []string {
	if d.Same {
		return []string{"the same image: " + d.To}
	}
	lines := []string{"from  " + d.From, "to    " + d.To, fmt.Sprintf("size  %s, %s", sizeText(d.Size[0]), sizeText(d.Size[1]))}
	if d.Base != nil {
		lines = append(lines, "base")
		lines = append(lines, changeLines([]images.Change{
			{What: "name", From: d.Base.From.Name, To: d.Base.To.Name}, {What: "digest", From: d.Base.From.Digest, To: d.Base.To.Digest},
		})...)
	}
	for _, part := range []struct {
		title string
		list  []images.Change
	}{{"config", d.Config}, {"wheels", d.Wheels}, {"packages", d.Packages}} {
		if len(part.list) > 0 {
			lines = append(lines, part.title)
			lines = append(lines, changeLines(part.list)...)
		}
	}
	if d.Known == "" {
		lines = append(lines, "wheels and packages aren't known: there is no build record; --scan reads the layers")
	}
	lines = append(lines, fmt.Sprintf("layers  %d shared, %d removed, %d added", d.Shared, len(d.Removed), len(d.Added)))
	for _, l := range d.Removed {
		lines = append(lines, "- "+layerText(l))
	}
	for _, l := range d.Added {
		lines = append(lines, "+ "+layerText(l))
	}
	if !files {
		return lines
	}
	lines = append(lines, fmt.Sprintf("files  %d differ", len(d.Files)))
	if summary := images.FileSummary(d.Files, maxShownFiles); summary != nil {
		return append(append(lines, "in these directories (--json lists them all):"), indented(summary)...)
	}
	return append(lines, changeLines(d.Files)...)
}

func indented(list []string) []string {
	out := make([]string, len(list))
	for i, l := range list {
		out[i] = "  " + l
	}
	return out
}

func layerText(l images.Layer) string {
	what := l.Comment
	if what == "" {
		what = l.CreatedBy
	}
	return strings.TrimSpace(fmt.Sprintf("%s %s %s", l.Digest, sizeText(l.Size), what))
}

func changeLines(list []images.Change) []string {
	var lines []string
	for _, c := range list {
		switch {
		case c.From == c.To:
		case c.From == "":
			lines = append(lines, fmt.Sprintf("+ %s %s", c.What, c.To))
		case c.To == "":
			lines = append(lines, fmt.Sprintf("- %s %s", c.What, c.From))
		default:
			lines = append(lines, fmt.Sprintf("~ %s %s → %s", c.What, c.From, c.To))
		}
	}
	return lines
}
