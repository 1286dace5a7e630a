package pipeline

import (
	"errors"
	"fmt"
	"maps"
	"strings"

	v1 "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/assemble-image/assemble/internal/git"
	"github.com/assemble-image/assemble/internal/report"
)

// annotations are those of the image's manifest: what the repository tells, where
// the config wants that, and the config's own over it (image-spec,
// annotations.md).
func (p *Pipeline) annotations() (map[string]string, error) {
	if !p.cfg.GitAnnotations {
		return p.cfg.Annotations, nil
	}
	d, err := git.Describe(p.cfg.Dir)
	if errors.Is(err, git.ErrNoRepository) || errors.Is(err, git.ErrNoCommit) {
		p.report.Note(report.StageBase, fmt.Sprintf("git_annotations: %v; the image has none of these", err))
		return p.cfg.Annotations, nil
	}
	if err != nil {
		return nil, fmt.Errorf("git_annotations: %w", err)
	}
	out := map[string]string{v1.AnnotationRevision: d.ID}
	if d.Tag != "" {
		out[v1.AnnotationVersion] = version(d.Tag)
	}
	if d.Source != "" {
		out[v1.AnnotationSource] = d.Source
	}
	maps.Copy(out, p.cfg.Annotations)
	return out, nil
}

// version is a tag without the v before its number.
func version(tag string) string {
	if rest, ok := strings.CutPrefix(tag, "v"); ok && rest != "" && rest[0] >= '0' && rest[0] <= '9' {
		return rest
	}
	return tag
}
