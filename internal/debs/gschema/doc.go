// Package gschema compiles GSettings schemas as GLib's glib-compile-schemas does,
// byte for byte: a directory's XML files and overrides become gschemas.compiled.
//
// Start with [Compile].
//
//   - compile.go, schema.go, key.go and override.go: what the files say.
//   - text.go, value.go and types.go: values, from text to bytes (GVariant).
//   - database.go: the file (GVDB), in the order of GLib's hash tables (package
//     ghash).
package gschema
