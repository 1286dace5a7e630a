// Package registry talks to OCI registries: it reads base images, pushes
// layers, manifests and tags, and keeps referrers.
//
// Start with [New]. [Client.Image] reads a base without downloading its
// layers. A push is [Client.PushLayer] for each layer as it gets ready, then
// [Client.PushManifest], which puts the manifest by digest, and last of all
// [Client.Tag]: until then no name leads to the new image.
//
// Every request has a deadline on progress rather than on time, temporary
// failures are tried again as the registry's Retry-After says, credentials go
// to the registry and its token server only, and plain HTTP is spoken to the
// loopback interface only unless it is asked for. Failures are of type
// [*Error], on one line, and wrap the sentinels of this package.
//
// Names follow the OCI distribution specification 1.1 ("the spec" below).
package registry
