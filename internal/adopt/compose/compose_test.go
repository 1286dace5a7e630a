package compose

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const whole = `
x-env: &env
  LOG_LEVEL: info
services:
  db:
    image: postgres:16
  worker:
    build: .
    command: celery -A app worker
  web:
    build:
      context: .
      dockerfile: Dockerfile
      args: {VERSION: '1.2'}
    ports:
      - "127.0.0.1:8080:8000"
      - target: 53
        protocol: udp
    environment:
      <<: *env
      DEBUG: 0
      SECRET:
    env_file: .env.web
    command: ["uvicorn", "main:app"]
    healthcheck:
      test: ["CMD", "curl", "-f", "http://localhost:8000/health"]
    volumes:
      - data:/data
      - ./src:/app/src
    depends_on: [db]
`

func TestParse(t *testing.T) {
	f, err := Parse([]byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	built := f.Built("Dockerfile")
	if len(f.Services) != 3 || len(built) != 2 {
		t.Fatalf("%d services, %d built", len(f.Services), len(built))
	}
	want := Service{
		Name: "web", Line: 10, Context: ".", Dockerfile: "Dockerfile", Args: []Pair{{"VERSION", "1.2", true, 14}},
		Ports:       []Value{{"8000", 16}, {"53/udp", 17}},
		Environment: []Pair{{"LOG_LEVEL", "info", true, 3}, {"DEBUG", "0", true, 21}, {"SECRET", "", false, 22}},
		EnvFiles:    []Value{{".env.web", 23}},
		Command:     &Command{List: []string{"uvicorn", "main:app"}, Line: 24},
		Health:      &Health{Args: []string{"curl", "-f", "http://localhost:8000/health"}, Line: 25},
		Volumes:     []Value{{"/data", 28}},
		Others:      []Value{{"depends_on", 30}},
	}
	if diff := cmp.Diff(want, built[0]); diff != "" {
		t.Error(diff)
	}
	if built[1].Name != "worker" || built[1].Command.Text != "celery -A app worker" {
		t.Errorf("%+v", built[1])
	}
}

func TestParseRefuses(t *testing.T) {
	for _, text := range []string{
		"a: [", "\xff", "services: *x", strings.Repeat("[", 100), strings.Repeat("#", maxFile+1),
		"a: &a [*a]", "a: &a [1,1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]",
	} {
		if f, err := Parse([]byte(text)); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%.20q: %v, %v", text, f, err)
		}
	}
	for _, text := range []string{"", "services:", "services: []", "services: {web: }", "services: {web: [a]}", "- a", "services: {web: {build: {}, ports: 3, environment: x, command: }}"} {
		if _, err := Parse([]byte(text)); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// FuzzParse holds that any file ends in services, or in one line of an error.
func FuzzParse(f *testing.F) {
	f.Add([]byte(whole))
	f.Add([]byte("services: {web: {build: ., ports: [80], volumes: [a:/b]}}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Parse(data)
		if err != nil {
			if file != nil || strings.Contains(err.Error(), "\n") {
				t.Fatalf("%v, %q", file, err)
			}
			return
		}
		file.Built("Dockerfile")
	})
}
