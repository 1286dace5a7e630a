package wheels

import "strconv"

// installFormat changes whenever the same wheel is installed as other bytes
// than before.
const installFormat = "wheel install 1"

// KeyParts returns what the bytes of [Wheel.Entries] depend on apart from the
// wheel itself, for a layer's key: every field in a fixed order, none of them a
// path on this machine. A key adds each wheel's SHA-256 and the paths that it
// loses to later wheels.
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
