package pipeline

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/internal/target"
	"github.com/assemble-image/assemble/manifest"
)

// imageConfig is what the config file says of the image's configuration, once
// it is seen to go with the base's.
func (p *Pipeline) imageConfig(t *target.Target, plan *Plan) (manifest.Config, error) {
	created, err := p.imageTime()
	if err != nil {
		return manifest.Config{}, err
	}
	annotations, err := p.annotations()
	if err != nil {
		return manifest.Config{}, err
	}
	user, hasUser, err := p.user(t.Facts)
	if err != nil {
		return manifest.Config{}, err
	}
	c := manifest.Config{
		Entrypoint:  p.cfg.Entrypoint,
		Cmd:         p.cfg.Cmd,
		Env:         p.cfg.Env,
		WorkingDir:  p.cfg.Workdir,
		Labels:      p.cfg.Labels,
		Annotations: annotations,
		Created:     created,
		KeepCmd:     p.cfg.InheritsCmd(),
		Volumes:     p.cfg.Volumes,
		StopSignal:  p.cfg.StopSignal,
		Healthcheck: healthcheck(p.cfg.Healthcheck),
	}
	for _, port := range p.cfg.Ports {
		c.Ports = append(c.Ports, port.String())
	}
	if !hasUser && p.cfg.HasUser() { // whose numbers only a package tells
		c.User = p.cfg.User.Name
	}
	if hasUser {
		c.User = fmt.Sprintf("%d:%d", user.UID, user.GID)
		if len(user.Groups) > 0 { // runtimes look for them where no group is given
			c.User = strconv.Itoa(user.UID)
		}
	}
	shell, known := t.Facts.HasProgram("/bin", "sh")
	p.noteShell(shell || !known)
	base, err := t.Image.Image.ConfigFile()
	if err != nil {
		return c, fmt.Errorf("reading the configuration of %q: %w", t.Image.Ref, err)
	}
	if err := p.withInit(&c, plan, t.Facts, base); err != nil {
		return c, err
	}
	if err := c.Check(base); err != nil {
		return c, err
	}
	if triggers := base.Config.OnBuild; len(triggers) > 0 {
		p.report.Note(report.StageBase, "the base's ONBUILD triggers are left out, as they are for builds of a Dockerfile: "+strings.Join(triggers, "; "))
	}
	return c, nil
}
