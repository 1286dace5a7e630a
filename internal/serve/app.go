package serve

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"

	"github.com/distribution/distribution/v3/configuration"
	"github.com/distribution/distribution/v3/registry/handlers"
	_ "github.com/distribution/distribution/v3/registry/storage/driver/filesystem" // the "filesystem" below
	"github.com/sirupsen/logrus"
)

// newApp creates distribution's registry on a directory. It panics on a bad
// configuration, which becomes an error here. Its log, which is global to the
// process, is discarded: failures are described in the responses.
func newApp(ctx context.Context, dir string, readOnly bool) (app *handlers.App, err error) {
	defer func() {
		if r := recover(); r != nil {
			app, err = nil, fmt.Errorf("configuring the registry: %v", r)
		}
	}()
	logrus.SetOutput(io.Discard)
	return handlers.NewApp(ctx, config(dir, readOnly)), nil
}

// config is the registry's configuration: no metrics, no tracing, no debug
// port, no outgoing calls. Upload sessions are tied together by a secret that is
// new at each start; uploads that a restart interrupted are removed after a day.
func config(dir string, readOnly bool) *configuration.Configuration {
	c := &configuration.Configuration{
		Version: configuration.CurrentVersion,
		Storage: configuration.Storage{
			"filesystem": {"rootdirectory": dir},
			"delete":     {"enabled": true},
			"redirect":   {"disable": true},
			"maintenance": {"uploadpurging": map[any]any{
				"enabled": true, "age": "24h", "interval": "24h", "dryrun": false,
			}},
		},
	}
	if readOnly {
		c.Storage["maintenance"] = configuration.Parameters{
			"uploadpurging": map[any]any{"enabled": false},
			"readonly":      map[any]any{"enabled": true},
		}
	}
	// Foreign layers, which Windows' bases have, are named by their URLs; the
	// registry asks nobody for them.
	c.Validation.Manifests.URLs.Allow = []string{"^https?://"}
	c.Catalog.MaxEntries = 1000
	c.Log.Level = "error"
	c.Log.AccessLog.Disabled = true
	c.HTTP.Secret = rand.Text()
	return c
}
