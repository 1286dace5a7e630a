// Package trust attaches signed statements to images in registries, and
// verifies what is attached there. It knows keys and registries; what a
// signature looks like is package sign's business.
//
// Start with [ReadKey] and [Attacher.Attach], or with [Verify].
package trust
