package supply

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/assemble-image/assemble/internal/index"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/internal/resolve"
	"github.com/assemble-image/assemble/wheels/requirements"
)

// noteRebuilt tells of wheels in the directories of find_links that bear the
// name of a locked one and are another file: built anew, as a rule, by someone
// who takes it for granted that they go in.
func (p *Supplier) noteRebuilt(lock *requirements.Lock, list []*Wheel) {
	src := p.places().linksOf(lock)
	for _, w := range list {
		if w.Own {
			continue
		}
		for _, path := range localFiles(src, w.Source.Name) {
			got, err := identifyWheel(p.digests(), path, nil)
			if err != nil || slices.Contains(w.Pin.Hashes, "sha256:"+got.Digest()) || got.Digest() == w.Source.Digest() {
				continue
			}
			p.opt.Report.Note(report.StageWheels, fmt.Sprintf(
				"%s is another file than %s:%d lists, perhaps built anew; the locked one is used (lock again, or name yours under wheels)",
				shortPath(path), w.Pin.File, w.Pin.Line))
		}
	}
}

// localFiles are the files of that name among links on this machine, each a
// directory or a wheel.
func localFiles(links []string, name string) []string {
	var list []string
	for _, link := range links {
		if path, ok := index.LocalPath(link); ok {
			link = path
		}
		if filepath.Base(link) != name {
			link = filepath.Join(link, name)
		}
		if fi, err := os.Stat(link); err == nil && fi.Mode().IsRegular() {
			list = append(list, link)
		}
	}
	return list
}

// noteTwins tells of chosen wheels that another directory has as another file.
func (p selection) noteTwins(house *wheelhouse, s *resolve.Solution) {
	for _, pin := range s.Pins {
		w := pin.Wheels[0]
		twin, ok := house.twins[w.Path]
		if !ok {
			continue
		}
		if got, err := identifyWheel(p.digests(), twin, nil); err == nil && got.Digest() != w.SHA256 {
			p.opt.Report.Note(report.StageWheels, fmt.Sprintf("%s is used; %s is another file of that name", shortPath(w.Path), shortPath(twin)))
		}
	}
}
