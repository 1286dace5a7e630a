// Package smoke starts an image in containerd and checks that it works.
//
// It is the only importRunner of containerd's client. Start at Run: it writes the
// image's own blobs into containerd's content store (no registry takes part),
// unpacks them, starts the real entrypoint as the real user in a network
// namespace of its own, probes its health from inside that namespace, imports
// modules if configured, stops it, and removes everything it created.
//
// A machine that can't run the image (no containerd, no emulation for its
// platform) is distinguished from an image that doesn't work: the first is an
// *UnavailableError, which a caller may report as a skipped test but never as a
// passed one.
//
// Everything a run creates has one random name with the prefix
// "assemble-smoke-" and belongs to one lease. Leftovers of a killed run are found
// by that name and removed by the next run.
package smoke
