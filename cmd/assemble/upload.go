package main

import (
	"sync"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/assemble-image/assemble/internal/pipeline"
	"github.com/assemble-image/assemble/internal/registry"
)

// uploadMeter adds up the blobs that are uploaded at once, for the display.
type uploadMeter struct {
	ui ui

	mu          sync.Mutex
	sent        map[v1.Hash]int64
	done, total int64
}

func (m *uploadMeter) event(e registry.Event) {
	switch e.Kind {
	case registry.EventRetry:
		m.ui.event(pipeline.Event{Note: e.Note})
	case registry.EventUploading:
		m.mu.Lock()
		if m.sent == nil {
			m.sent = map[v1.Hash]int64{}
		}
		before, begun := m.sent[e.Digest]
		if !begun {
			m.total += e.Total
		}
		m.sent[e.Digest] = e.Complete
		m.done += e.Complete - before
		done, total := m.done, m.total
		m.mu.Unlock()
		m.ui.event(pipeline.Event{Stage: pipeline.StagePush, Done: done, Total: total})
	default:
	}
}
