// Package doctor says what would go wrong in an image, before it is built and
// without running anything of it.
//
// Start with [Gather], which learns what would be in the image, and
// [Image.Examine], which returns the findings.
package doctor
