package target

import (
	"context"
	"fmt"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/embeddedbase"
	"github.com/assemble-image/assemble/internal/report"
)

// OpenImage opens the first of the candidates that is there for the platform,
// as [base.Open] does, for those who need none of its facts.
func OpenImage(ctx context.Context, candidates []string, platform v1.Platform, opt Options) (*base.Image, error) {
	if opt.Report == nil {
		opt.Report = report.New(nil)
	}
	var img *base.Image
	err := opt.Report.Stage(report.StageBase, "opening "+strings.Join(candidates, ", "), func() (string, error) {
		var err error
		if img, err = openImage(ctx, candidates, platform, opt); err != nil {
			return "", err
		}
		return img.Ref, nil
	})
	return img, err
}

// openImage opens the first candidate that is there, and notes those that
// weren't.
func openImage(ctx context.Context, candidates []string, platform v1.Platform, opt Options) (*base.Image, error) {
	img, err := base.Open(ctx, candidates, platform, base.Options{Remote: opt.Remote, Offline: opt.Offline, Dir: opt.Dir, Lock: opt.Lock, Containerd: opt.Containerd, Embedded: embeddedbase.Open})
	if err != nil {
		return nil, err
	}
	if passed := img.Passed; passed != nil {
		for i, c := range passed.Candidates {
			opt.Report.Note(report.StageBase, fmt.Sprintf("base %q can't be used: %v", c, passed.Causes[i]))
		}
	}
	if opt.Check != nil {
		if err := opt.Check(img); err != nil {
			return nil, err
		}
	}
	return img, nil
}
