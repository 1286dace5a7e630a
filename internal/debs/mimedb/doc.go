// Package mimedb compiles the shared MIME database as update-mime-database of
// shared-mime-info 2.2 does: XML files become tables that programs find a file's type
// by (freedesktop.org, Shared MIME-info Database). Without them gdk-pixbuf, for one,
// recognizes no image.
//
// Start with [Compile].
//
//   - read.go, magic.go and tree.go: what the XML files say.
//   - text.go: the tables as text. types.go: a file of XML for each type.
//   - cache.go, suffixes.go and matchlets.go: mime.cache, which is all of the
//     tables for mapping into memory.
package mimedb
