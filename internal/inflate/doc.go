// Package inflate decodes raw DEFLATE streams (RFC 1951) that lie inside a
// larger file, such as the members of a zip.
//
// Start with [Decoder.Decode]. It accepts exactly the streams that
// compress/flate accepts, and is stricter about what surrounds them: the packed
// length and the content's length must both be as declared. In return it tells
// where the last block lies ([Tail]), which is what joining streams needs.
//
// One Decoder holds all its memory in fixed arrays. Its loops are bounded by
// constants, not by the lengths of slices, so that the compiler can prove that
// no access leaves them:
//
//   - input.go: the packed bytes lie against the array's end, followed by zero
//     bytes once the stream is read; whoever runs into those was truncated.
//   - output.go: the content, behind the 32 KiB that matches may refer to.
//   - entry.go and table.go: the tables that turn bits into symbols.
//   - header.go and stored.go: the parts of a block but for its symbols.
//   - symbols.go, run.go and words.go: the loop where the time goes.
package inflate
