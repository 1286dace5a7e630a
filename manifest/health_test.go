package manifest_test

import (
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/assemble-image/assemble/manifest"
)

func TestHealthcheck(t *testing.T) {
	cmd := []string{"CMD", "curl", "x"}
	for _, tt := range []struct {
		name  string
		check *manifest.Healthcheck
		want  string // of the configuration; or of the error, after "error: "
	}{
		{"kept", nil, `"Healthcheck":{"Test":["CMD","base"],"Retries":7}`},
		{"none", &manifest.Healthcheck{Test: []string{"NONE"}}, `"Healthcheck":{"Test":["NONE"]}`},
		{"command", &manifest.Healthcheck{Test: cmd, Interval: time.Second, Retries: 2}, `"Healthcheck":{"Test":["CMD","curl","x"],"Interval":1000000000,"Retries":2}`},
		{"start interval", &manifest.Healthcheck{Test: cmd, StartInterval: time.Second}, `"Healthcheck":{"Test":["CMD","curl","x"],"StartInterval":1000000000}`},
		{"no command", &manifest.Healthcheck{Test: []string{"CMD"}}, "error: neither NONE nor CMD"},
		{"no kind", &manifest.Healthcheck{Test: []string{"curl", "x"}}, "error: neither NONE nor CMD"},
		{"too short", &manifest.Healthcheck{Test: cmd, Timeout: 1}, "error: less than Docker's 1ms"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			base := edited(t, func(cf *v1.ConfigFile) {
				cf.Config.Healthcheck = &v1.HealthConfig{Test: []string{"CMD", "base"}, Retries: 7}
			})
			img, err := manifest.Assemble(base, nil, manifest.Config{Healthcheck: tt.check}, manifest.Options{})
			if want, isError := strings.CutPrefix(tt.want, "error: "); isError {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("got %v", err)
				}
				return
			}
			must(t, err)
			must(t, validate.Image(img))
			raw, err := img.RawConfigFile()
			must(t, err)
			if !strings.Contains(string(raw), tt.want) || strings.Count(string(raw), `"config":`) != 1 {
				t.Errorf("%s", raw)
			}
		})
	}
}
