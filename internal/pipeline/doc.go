// Package pipeline knows the order of the stages, and nothing else does:
//
//	config, lock, wheelhouse, app, base
//	  → Plan    which layers, from which inputs, with which config
//	  → layers  packed in parallel, uploaded as each gets ready
//	  → image   manifest and config, pushed by digest: no tag yet
//	  → smoke   the very bytes are started and asked for their health
//	  → sign    the signature is attached to the digest
//	  → tag     last of all: a tag always names tested, signed bytes
//
// Start with [New], [Pipeline.Plan] and [Pipeline.Push] or [Pipeline.Write].
package pipeline
