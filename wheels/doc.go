// Package wheels turns Python wheels into layer entries: it finds the wheel
// for each pin of a lock, rejects wheels that contradict themselves, and lays
// out what an installer would have written.
//
// Start with [ListWheelhouse] and [Select], which choose files by their
// names, then [Open], which checks one wheel, and [Wheel.Entries], which
// installs it by PEP 427 without unpacking it. A [Set] finds the conflicts
// between several wheels. No code of a wheel is ever run.
package wheels
