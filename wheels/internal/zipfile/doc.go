// Package zipfile reads zip archives and refuses every archive that two
// readers could understand differently.
//
// Start with [Read], which checks an archive's whole structure without
// reading its content, then [Archive.Open] or [Archive.ReadAll] for one
// file's content.
//
// A zip archive describes itself three times: by the end record, by the
// central directory and by the header before each file. Readers trust
// different ones, so that an archive can show one thing to a scanner and
// another to an installer. Here all three must say the same, every byte of the
// file must belong to exactly one of them or to a file's content, and what is
// ambiguous or not needed by wheels is refused: prefixes, comments that look
// like records, content of directories, links, encryption, methods other than
// stored and deflated.
//
// The format is PKWARE's APPNOTE.TXT 6.3.10; section numbers in comments
// refer to it.
package zipfile
