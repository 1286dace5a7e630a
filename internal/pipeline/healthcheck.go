package pipeline

import (
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/assemble-image/assemble/internal/config"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/manifest"
)

// healthcheck is the config's health check as Docker has it in an image's
// configuration
// (https://github.com/moby/docker-image-spec/blob/main/spec.md), nil for none.
func healthcheck(h *config.Healthcheck) *manifest.Healthcheck {
	switch {
	case h == nil:
		return nil
	case h.Disable:
		return &manifest.Healthcheck{Test: []string{"NONE"}}
	}
	return &manifest.Healthcheck{
		Test:          append([]string{"CMD"}, h.Command...),
		Interval:      h.Interval,
		Timeout:       h.Timeout,
		StartPeriod:   h.StartPeriod,
		StartInterval: h.StartInterval,
		Retries:       h.Retries,
	}
}

// noteHealthcheck tells who won't see the image's health check, where it isn't
// one of Docker's format.
func (p *Pipeline) noteHealthcheck(img v1.Image) error {
	h := p.cfg.Healthcheck
	if h == nil || h.Disable {
		return nil
	}
	mt, err := img.MediaType()
	if err != nil || mt != types.OCIManifestSchema1 {
		return err
	}
	p.report.Note(report.StageLayers, "healthcheck: this is an OCI image, and OCI knows no health checks: Docker reads it, Podman and Kubernetes don't")
	return nil
}

// noteShell tells where a command needs a shell that the image doesn't have.
func (p *Pipeline) noteShell(hasShell bool) {
	if hasShell {
		return
	}
	commands := map[string]config.Command{"entrypoint": p.cfg.Entrypoint, "cmd": p.cfg.Cmd}
	if h := p.cfg.Healthcheck; h != nil {
		commands["healthcheck.command"] = h.Command
	}
	var fields []string
	for _, field := range []string{"entrypoint", "cmd", "healthcheck.command"} {
		if commands[field].UsesShell() {
			fields = append(fields, field)
		}
	}
	if len(fields) > 0 {
		p.report.Note(report.StageBase, strings.Join(fields, ", ")+": the base has no /bin/sh, which is to run it")
	}
}
