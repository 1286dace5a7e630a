// Package deploy holds the manifests of deploy/ against the types and checks of
// those who read them. It is a module of its own, since these are large.
package deploy

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/rhysd/actionlint"
	pipeline "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"
	batch "k8s.io/api/batch/v1"
	"sigs.k8s.io/yaml"
)

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "deploy", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestKubernetes: no field that a Job doesn't have.
func TestKubernetes(t *testing.T) {
	var job batch.Job
	if err := yaml.UnmarshalStrict(read(t, "kubernetes.yaml"), &job); err != nil {
		t.Fatal(err)
	}
	if job.Kind != "Job" || job.APIVersion != batch.SchemeGroupVersion.String() {
		t.Errorf("it is a %s of %s", job.Kind, job.APIVersion)
	}
}

// TestTekton: no field that a Task doesn't have, and what Tekton's webhook checks.
func TestTekton(t *testing.T) {
	var task pipeline.Task
	if err := yaml.UnmarshalStrict(read(t, "tekton.yaml"), &task); err != nil {
		t.Fatal(err)
	}
	task.SetDefaults(context.Background())
	if err := task.Validate(context.Background()); err != nil {
		t.Error(err)
	}
}

func TestGitHub(t *testing.T) {
	l, err := actionlint.NewLinter(os.Stderr, &actionlint.LinterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	found, err := l.Lint("github.yaml", read(t, "github.yaml"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		t.Error(f)
	}
}
