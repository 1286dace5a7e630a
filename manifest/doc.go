// Package manifest turns a base image, layers and a configuration into an
// image, and keeps images in OCI layouts and archives.
//
// Start with [Assemble]. It reads no more of the base than its manifest and
// configuration, so that a base in a registry stays there. [WriteLayout],
// [WriteOCIArchive] and [WriteDockerArchive] write an image to disk;
// [ReadLayout], [ReadOCIArchive] and [ReadDockerArchive] read one back, and
// check the digest of each byte that they hand out. [Index] makes an index of
// images for several platforms; layouts and OCI archives hold those too, and
// signatures and other artifacts that refer to what is in them
// ([LayoutOptions].Referrers, [ReadLayoutReferrers]).
//
// The package knows nothing of how layers are made, nor of registries. It
// reads neither the clock nor the environment: equal inputs make equal bytes.
package manifest
