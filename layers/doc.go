// Package layers packs entries into OCI image layers.
//
// Start with [Build]: it takes a [Spec] for each layer, which lists the
// layer's paths as [Entry] values, and returns a [Layer] for each, which is a
// v1.Layer of github.com/google/go-containerregistry. [Group] and [Split]
// decide which inputs share a layer.
//
// # Splicing
//
// The content of a wheel, or of any zip, is already deflated, and a layer is
// deflated too. So a layer is put together without compressing anything: it
// is one gzip member (RFC 1952) with one DEFLATE stream (RFC 1951), in which
// the tar headers are encoded by this package ([FormatVersion]) and the files
// are the zip's own streams. Each such stream has the final-block bit of its
// last block cleared, and starts at a byte boundary that an empty stored block
// makes for it; the next header starts at the very bit where the stream ends.
// Slices that are not deflated become stored blocks; what is no slice is
// compressed in blocks of 1 MiB, those that don't shrink being stored.
//
// # Recipes
//
// Packing inflates everything once, to check it and to learn the digests and
// where the last block of each stream lies. What it learns is a recipe: some
// seventy bytes for each file. Reading a layer runs its recipe, which is a
// matter of copying, and hashes the outcome. A [Store] keeps recipes from one
// run to the next; with one, packing reads nothing at all.
//
// # Files
//
//   - entry.go, spec.go, source.go: what goes in; check.go, path.go and tree.go
//     refuse what can't be packed and add the parents that are missing.
//   - tar.go and pax.go make headers; bits.go, fixed.go and fixedcodes.go
//     encode them; crc.go joins checksums.
//   - feed.go hands entries out in runs, and order.go checks those that come as a
//     stream; pack.go, packrun.go, worker.go, sink.go and plain.go read them on
//     several cores (cores.go, beside.go, plainqueue.go) and hand them, in order,
//     to the assembly (assembly.go, assemblyplain.go, tarhash.go); spool.go keeps
//     what is too large for a recipe.
//   - program.go, runner.go and recipe.go: what a layer is remembered as, and
//     how that gives bytes; layer.go and reader.go make a v1.Layer of it.
//   - build.go and remember.go: many layers at once, and the store.
//   - group.go and split.go: which inputs share a layer.
//
// # Trust
//
// Entries are not trusted: sizes, checksums and names are checked, [Limits]
// bound what a layer unpacks to, and any fault means no layer. Neither are
// stores: recipes carry checksums, name their sources by SHA-256, and can't
// reach beyond them. Sources are not trusted to stay as they are: reading a
// layer ends in an error unless every byte is as it was packed.
package layers
