package manifest

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Healthcheck is Docker's extension of an image's configuration
// (https://github.com/moby/docker-image-spec/blob/main/spec.md). Zero times and
// retries are Docker's defaults.
type Healthcheck struct {
	// Test is NONE alone, or CMD and the program with its arguments.
	Test          []string      `json:"test"`
	Interval      time.Duration `json:"interval,omitempty"`
	Timeout       time.Duration `json:"timeout,omitempty"`
	StartPeriod   time.Duration `json:"startPeriod,omitempty"`
	StartInterval time.Duration `json:"startInterval,omitempty"`
	Retries       int           `json:"retries,omitempty"`
}

func (h *Healthcheck) check() error {
	if h == nil {
		return nil
	}
	isNone := slices.Equal(h.Test, []string{"NONE"})
	isCommand := len(h.Test) > 1 && (h.Test[0] == "CMD" || h.Test[0] == "CMD-SHELL")
	if !isNone && !isCommand {
		return fmt.Errorf("health check %q is neither NONE nor CMD with a command", h.Test)
	}
	for _, d := range []time.Duration{h.Interval, h.Timeout, h.StartPeriod, h.StartInterval} {
		if d != 0 && d < time.Millisecond {
			return fmt.Errorf("time %v in a health check is less than Docker's %v", d, time.Millisecond)
		}
	}
	if h.Retries < 0 {
		return fmt.Errorf("a health check has %d retries", h.Retries)
	}
	return nil
}

// config is the check in the type that the configuration has, which lacks one of
// the fields; see [encodeConfig].
func (h *Healthcheck) config() *v1.HealthConfig {
	return &v1.HealthConfig{
		Test: slices.Clone(h.Test), Interval: h.Interval, Timeout: h.Timeout, StartPeriod: h.StartPeriod, Retries: h.Retries,
	}
}

// encodeConfig returns the configuration's bytes, with what its type has no field
// for.
func encodeConfig(cf *v1.ConfigFile, h *Healthcheck) ([]byte, error) {
	if h == nil || h.StartInterval == 0 {
		return json.Marshal(cf)
	}
	type health struct {
		v1.HealthConfig
		StartInterval time.Duration
	}
	type config struct {
		v1.Config
		Healthcheck health
	}
	return json.Marshal(struct {
		*v1.ConfigFile
		Config config `json:"config"`
	}{cf, config{cf.Config, health{*cf.Config.Healthcheck, h.StartInterval}}})
}
