package mimedb

import (
	"bytes"
	"fmt"
	"strings"
)

var (
	escapeText = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\r", "&#13;")
	escapeAttr = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "\n", "&#10;", "\t", "&#9;", "\r", "&#13;")
)

// typeFiles are the files of the types, each with what is known of one: names,
// patterns, relations.
func (d *database) typeFiles() []File {
	keys := d.types.order.Keys()
	files := make([]File, 0, len(keys))
	for _, typ := range keys {
		var b bytes.Buffer
		b.WriteString("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n")
		fmt.Fprintf(&b, "<mime-type xmlns=\"%s\" type=\"%s\">\n", namespace, escapeAttr.Replace(typ))
		b.WriteString("  <!--Created automatically by update-mime-database. DO NOT EDIT!-->\n")
		for _, e := range d.types.by[typ] {
			writeElement(&b, e)
		}
		b.WriteString("</mime-type>\n")
		media, sub, _ := strings.Cut(typ, "/")
		files = append(files, File{Path: media + "/" + strings.ToLower(sub) + ".xml", Data: b.Bytes()})
	}
	return files
}

// writeElement writes an element with its text, on a line of its own.
func writeElement(b *bytes.Buffer, e *element) {
	b.WriteString("  <" + e.name)
	for _, a := range e.attrs {
		name := a.Name.Local
		if a.Name.Space == "xml" || strings.HasSuffix(a.Name.Space, "/XML/1998/namespace") {
			name = "xml:" + name
		}
		fmt.Fprintf(b, " %s=\"%s\"", name, escapeAttr.Replace(a.Value))
	}
	if e.text == "" {
		b.WriteString("/>\n")
		return
	}
	b.WriteString(">" + escapeText.Replace(e.text) + "</" + e.name + ">\n")
}
