package install

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/assemble-image/assemble/internal/debs/packages"
	"github.com/assemble-image/assemble/internal/debs/root"
)

const (
	statusFile  = "/var/lib/dpkg/status"
	maxDatabase = 64 << 20
)

// installed is a package of the base.
type installed struct{ name, version, info string }

func installedPackages(r *root.Root, arch string) ([]installed, error) {
	status, err := r.ReadFile(statusFile, maxDatabase)
	if err != nil {
		return nil, err
	}
	list, _, err := packages.ReadStatus(bytes.NewReader(status), arch)
	if err != nil {
		return nil, fmt.Errorf("reading the base's %q: %w", statusFile, err)
	}
	out := make([]installed, len(list))
	for i, p := range list {
		out[i] = installed{name: p.Name, version: p.Version, info: p.Name}
		if p.MultiArch == "same" {
			out[i].info += ":" + p.Arch
		}
	}
	return out, nil
}

// lists reads the paths of a package and its conffiles, a line each. A base that
// was made smaller may lack them.
func (p installed) lists(r *root.Root) (list, conffiles []byte, err error) {
	read := func(suffix string) ([]byte, error) {
		data, err := r.ReadFile(infoDir+p.info+suffix, maxDatabase)
		if errors.Is(err, root.ErrNotExist) {
			return nil, nil
		}
		return data, err
	}
	if list, err = read(".list"); err != nil {
		return nil, nil, err
	}
	conffiles, err = read(".conffiles")
	return list, conffiles, err
}
