package pipeline

import (
	"fmt"
	"sync"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/assemble-image/assemble/internal/registry"
	"github.com/assemble-image/assemble/internal/report"
)

// pushMeter counts what became of each blob.
type pushMeter struct {
	mu                         sync.Mutex
	existed, mounted, uploaded int
	bytes                      int64
	whole                      bool // the image was there, and nobody asked for its blobs
}

func (m *pushMeter) count(o registry.Outcome, l v1.Layer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch o {
	case registry.Existed:
		m.existed++
	case registry.Mounted:
		m.mounted++
	case registry.Foreign: // no upload, and nothing that was there
	case registry.Uploaded:
		m.uploaded++
		if n, err := l.Size(); err == nil {
			m.bytes += n
		}
	}
}

// summary is the stage's last line: "uploaded 3 blobs (12.1 MB), 40 were there".
func (m *pushMeter) summary() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.whole {
		return "image already present"
	}
	text := "uploaded " + report.Count(m.uploaded, "blob")
	if m.uploaded > 0 {
		text += " (" + report.Bytes(m.bytes) + ")"
	}
	if m.mounted > 0 {
		text += fmt.Sprintf(", mounted %d", m.mounted)
	}
	if m.existed > 0 {
		text += fmt.Sprintf(", %d already present", m.existed)
	}
	return text
}
