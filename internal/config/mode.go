package config

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"strconv"

	"github.com/assemble-image/assemble/internal/lazyregexp"
)

// Mode is a file's permissions as chmod(1) takes them, in octal; 0 for what is
// usual.
type Mode uint32

// modeForm is a mode however YAML may write it: 755, 0755, 0o755, "1777".
var modeForm = lazyregexp.New(`^(?:0o)?([0-7]{3,5})$`)

// ParseMode reads three or four octal digits, with or without a 0 or 0o before
// them.
func ParseMode(s string) (Mode, error) {
	if m := modeForm.FindStringSubmatch(s); m != nil {
		if n, err := strconv.ParseUint(m[1], 8, 32); err == nil && n > 0 && n <= 0o7777 {
			return Mode(n), nil
		}
	}
	return 0, fmt.Errorf("%q is not a mode such as 0755 or 1777", s)
}

// FileMode returns the permissions and special bits.
func (m Mode) FileMode() fs.FileMode {
	mode := fs.FileMode(m) & fs.ModePerm
	for bit, special := range map[Mode]fs.FileMode{0o4000: fs.ModeSetuid, 0o2000: fs.ModeSetgid, 0o1000: fs.ModeSticky} {
		if m&bit != 0 {
			mode |= special
		}
	}
	return mode
}

// String returns four octal digits.
func (m Mode) String() string { return fmt.Sprintf("%04o", uint32(m)) }

// MarshalJSON writes the mode as String does.
func (m Mode) MarshalJSON() ([]byte, error) { return json.Marshal(m.String()) }
