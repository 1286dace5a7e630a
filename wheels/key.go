package wheels

import "strconv"

// installFormat changes whenever the same wheel is installed as other bytes
// than before.
const installFormat = "wheel install 1"

// KeyParts returns what the bytes of [Wheel.Entries] depend on, for a layer's
// key: every field in a fixed order, none of them a path on this machine.
func (w *Wheel) KeyParts(s Scheme) []string {
	return append(KeyParts(s, w.flags.skipRecord), w.Source.Digest(), strconv.FormatBool(w.flags.requested))
}

// KeyParts returns the parts of [Wheel.KeyParts] that are the same for all
// wheels, for callers that know a wheel's digest without opening it.
func KeyParts(s Scheme, skipRecord bool) []string {
	return []string{
		installFormat,
		// Content that contradicts RECORD is found by packing it, which a
		// known layer spares; so what was packed unchecked has its own key.
		strconv.FormatBool(skipRecord),
		s.Purelib, s.Platlib, s.Scripts, s.Headers, s.Data, s.Interpreter,
		strconv.Itoa(s.UID), strconv.Itoa(s.GID),
	}
}
