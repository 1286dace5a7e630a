package config_test

import (
	"path/filepath"
	"testing"

	"github.com/assemble-image/assemble/internal/config"
)

// TestExample holds the example in the repository, which the README shows, to
// what the parser takes.
func TestExample(t *testing.T) {
	dir := filepath.Join("..", "..", "examples", "pepgmp-backend")
	c, err := config.Load(filepath.Join(dir, config.DefaultFile))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
	if c.Smoke.HTTP == nil || c.Smoke.HTTP.Path != "/api/v1/monitoring/health" || len(c.App) != 2 {
		t.Errorf("%+v", c)
	}
}
