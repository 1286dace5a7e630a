// Package toml reads TOML 1.0 from files that may be hostile. Start with
// [Parse].
//
// It exists beside the kept libraries because locks come from strangers and
// must not stop a build server: reading is linear in the size of the input,
// nesting is bounded, and every table knows its line, so that errors can name
// it. (The two common libraries of 2026 take time quadratic in the keys of a
// table, or overflow the stack on nested tables; docs/pep-deviations.md has
// the figures.) It doesn't write TOML, and dates stay text.
package toml
