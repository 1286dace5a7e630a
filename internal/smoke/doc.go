// Package smoke starts an image in containerd and asks whether it works.
//
// It is the only importer of containerd's client. Start at Run: it writes the
// image's own blobs into containerd's content store (no registry takes part),
// unpacks them, starts the real entrypoint as the real user in a network
// namespace of its own, asks for its health from inside that namespace, imports
// modules if told to, stops it, and removes everything it made.
//
// A machine that can't run the image (no containerd, no emulation for its
// platform) is told apart from an image that doesn't work: the first is an
// *UnavailableError, which a caller may report as a skipped test but never as a
// passed one.
//
// Everything a run makes carries one random name with the prefix
// "assemble-smoke-" and hangs from one lease. What a killed run left behind is
// found by that name and removed by Sweep, which Run calls first.
package smoke
