package install

import (
	"errors"

	"github.com/assemble-image/assemble/internal/debs/packages"
	"github.com/assemble-image/assemble/internal/debs/root"
)

const maxList = 64 << 20

// infoPath is how the names of dpkg's files about a package of the base begin.
func infoPath(p *packages.Package) string {
	return infoDir + packages.InfoName(p.Name, p.Arch, p.MultiArch == "same")
}

func listPath(p *packages.Package) string { return infoPath(p) + ".list" }

// lists reads the paths of a package of the base and its conffiles, a line each.
// A base that was made smaller may lack them.
func lists(r *root.Root, p *packages.Package) (list, conffiles []byte, err error) {
	read := func(suffix string) ([]byte, error) {
		data, err := r.ReadFile(infoPath(p)+suffix, maxList)
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
