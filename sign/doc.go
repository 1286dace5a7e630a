// Package sign makes and checks container signatures and attestations that
// cosign takes, with key files and without any network.
//
// Start with [LoadSigner] and [Sign], which turns an image's descriptor into
// an OCI artifact: a sigstore bundle that refers to the image. The caller
// pushes it. [Verify] checks the bundle that was read back. [Attest] does the
// same for any in-toto predicate, [SignLegacy] and [VerifyLegacy] for the
// ".sig" tags of older cosign releases. An [Attachment] is any of these as a
// value: what is to be attached to an image, before it is signed.
//
// A signature says who signed which digest, nothing else: there is no
// transparency log and no certificate. Verify by digest only; a tag may have
// moved since.
package sign
