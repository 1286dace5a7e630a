// Package wheels turns Python wheels into layer entries: it finds the wheel
// for each pin of a lock, refuses those that lie about themselves, and lays
// out what an installer would have written.
//
// Start with [House] and [Select], which choose files by their names, then
// [Open], which checks one wheel, and [Wheel.Entries], which installs it by
// PEP 427 without unpacking it. A [Set] tells
// what several wheels mean for each other. Nothing of a wheel is ever run.
package wheels
