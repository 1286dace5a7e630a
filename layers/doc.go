// Package layers packs entries into OCI image layers.
//
// Start with [Spec], which describes a layer, and [Entry], one path of it.
package layers
