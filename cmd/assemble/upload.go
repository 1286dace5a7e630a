package main

import (
	"github.com/assemble-image/assemble/internal/registry"
	"github.com/assemble-image/assemble/internal/report"
)

// uploadProgress shows the blobs that are uploaded at once, and what the
// registry's client has to say.
func uploadProgress(r *report.Reporter) func(registry.Event) {
	meter := r.Meter(report.StagePush, 0)
	return func(e registry.Event) {
		switch e.Kind {
		case registry.EventRetry:
			r.Note(report.StagePush, e.Note)
		case registry.EventMirror:
			r.Note(report.StageBase, e.Note)
		case registry.EventUploading:
			meter.Add(e.Digest.String(), e.Total)
			meter.Set(e.Digest.String(), "", e.Complete)
		default:
		}
	}
}
