// Package config reads assemble.yaml, which says what an image is made of.
//
// Start with [Config], then [Load] for a file, [Config.Set] for what a flag
// overrides, and [Config.Validate] once both are in. [Fields] lists every field
// with its type, default and flag; the JSON Schema and the reference in docs/
// are made from it.
//
// Mistakes come all at once, in the order of the file, as an [*Error] of
// problems with line and column.
package config
