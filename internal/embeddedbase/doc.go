// Package embeddedbase makes a small base image with the shape of
// python:3.10-slim-bookworm and none of its programs.
//
// Start with [Image], which makes it in memory, or [WriteLayout] and
// [Open], which give the copy that is built into the program. Assembling
// onto it shows what an image will look like, without a network; its
// interpreter is a text file, so that nothing in it can be started.
package embeddedbase

//go:generate go run ./gen
