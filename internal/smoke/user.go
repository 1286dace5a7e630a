package smoke

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/moby/sys/user"
)

// checkUser rejects a User field that runtimes could misread: numbers that overflow into another uid (CVE-2024-40635), signs, spaces,
// empty parts. Source: image-spec config.md, "User".
func checkUser(spec string) error {
	if spec == "" {
		return nil
	}
	name, group, hasGroup := strings.Cut(spec, ":")
	if hasGroup && group == "" {
		return fmt.Errorf("image's user %q has no group after the colon", spec)
	}
	for _, part := range []string{name, group} {
		if strings.ContainsAny(part, ": \t\r\n\x00/") || strings.HasPrefix(part, "-") || strings.HasPrefix(part, "+") {
			return fmt.Errorf("image's user %q is not user[:group]", spec)
		}
		if strings.Trim(part, "0123456789") != "" || part == "" {
			continue
		}
		if n, err := strconv.ParseUint(part, 10, 64); err != nil || n > math.MaxInt32 {
			return fmt.Errorf("image's user %q has an ID over %d", spec, math.MaxInt32)
		}
	}
	if name == "" {
		return fmt.Errorf("image's user %q has no user name", spec)
	}
	return nil
}

// resolveUser finds the ids that a User field means in an image with these
// passwd and group files, either of which may be nil.
func resolveUser(spec string, accounts accountFiles) (*user.ExecUser, error) {
	if err := checkUser(spec); err != nil {
		return nil, err
	}
	// A nil *bytes.Reader would be a reader; only a nil interface means "no file".
	var passwd, group io.Reader
	if accounts.passwd != nil {
		passwd = bytes.NewReader(accounts.passwd)
	}
	if accounts.group != nil {
		group = bytes.NewReader(accounts.group)
	}
	u, err := user.GetExecUser(spec, &user.ExecUser{Home: "/"}, passwd, group)
	if err != nil {
		return nil, fmt.Errorf("resolving the image's user %q: %w", spec, err)
	}
	// The account files may have IDs that a runtime would truncate to root's.
	for _, id := range append([]int{u.Uid, u.Gid}, u.Sgids...) {
		if id < 0 || id > math.MaxInt32 {
			return nil, fmt.Errorf("resolving the image's user %q: its account files have ID %d, which is not between 0 and %d", spec, id, math.MaxInt32)
		}
	}
	return u, nil
}
