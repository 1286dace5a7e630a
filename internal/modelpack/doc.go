// Package modelpack makes OCI artifacts of models, by CNCF's ModelPack
// specification (https://github.com/modelpack/model-spec), and finds those that an
// image names.
//
// Start with [New]. Each file of a model is a blob of its own, as it is, so that
// nothing is packed and nothing put aside: what the artifact has is described by
// digests, and read from where the files are when it is pushed. [Named] and
// [Annotate] are how an image says which models it needs.
package modelpack
