// Package record is the build record: what an image was made of, as an in-toto
// statement that goes with the image as a referrer. It is read back as a cache:
// an empty runner plans from it, and takes layers from the registry by their
// keys.
//
// Start with [Predicate], which docs/record.md explains; [Artifact] makes the
// referrer, and [Lookup] finds and checks the record of an image in a registry.
package record
