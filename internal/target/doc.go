// Package target turns a base image into what everything else must know of it:
// the tags of wheels that fit, the answers to environment markers, the install
// scheme, and which directories are there already.
//
// Start with [Open].
package target
