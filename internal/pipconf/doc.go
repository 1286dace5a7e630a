// Package pipconf finds out where pip and uv would look for wheels on this
// machine, or in a base image: from their environment variables and files.
//
// Start with [Discover] and [OfBase]. One tool's settings are taken, put together
// as the tool itself does; what another says is only named. Nothing is expanded
// in them, as neither tool does, and no error repeats a value: it may hold a
// password.
//
// Sources: pip's user guide ("Configuration") and its configuration.py; uv's
// reference ("Settings", "Environment variables") and "Package indexes".
package pipconf
