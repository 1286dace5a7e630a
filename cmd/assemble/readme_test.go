package main

import (
	"errors"
	"os"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/rogpeppe/go-internal/testscript"
)

// readme is readme gitlab|tour FILE, which writes a shell script with the
// commands of that part of the README, less what needs a network: installing
// assemble, pip's downloads, the registry in the background and the smoke test.
func readme(ts *testscript.TestScript, _ bool, args []string) {
	data, err := os.ReadFile(readmePath)
	ts.Check(err)
	var lines []string
	switch args[0] {
	case "gitlab":
		lines, err = gitlabLines(string(data))
	case "tour":
		lines = tourLines(string(data), ts.Getenv("REGISTRY"), ts.Getenv("WORK"))
	}
	ts.Check(err)
	if len(lines) < 3 {
		ts.Fatalf("README has %d lines of %s", len(lines), args[0])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(strings.Join(lines, "\n")+"\n"), 0o644))
}

// readmePath is absolute, since scripts run elsewhere.
var readmePath = func() string {
	wd, err := os.Getwd()
	if err != nil {
		panic(err)
	}
	return wd + "/../../README.md"
}()

// gitlabLines are the job's variables and commands.
func gitlabLines(text string) ([]string, error) {
	_, text, _ = strings.Cut(text, "\nGitLab CI:\n\n```yaml\n")
	text, _, ok := strings.Cut(text, "\n```\n")
	if !ok {
		return nil, errors.New("README has no snippet for GitLab")
	}
	var jobs map[string]struct {
		Variables    map[string]string `yaml:"variables"`
		BeforeScript []string          `yaml:"before_script"`
		Script       []string          `yaml:"script"`
	}
	if err := yaml.Unmarshal([]byte(text), &jobs); err != nil {
		return nil, err
	}
	var lines []string
	for _, job := range jobs {
		for name, value := range job.Variables {
			lines = append(lines, "export "+name+"=\""+value+"\"")
		}
		for _, line := range append(job.BeforeScript, job.Script...) {
			if !strings.HasPrefix(line, "go install ") {
				lines = append(lines, line)
			}
		}
	}
	return lines, nil
}

// continued are lines that go on with the next one.
var continued = regexp.MustCompile(`\\\n\s*`)

// tourLines are the commands of the tour, on the script's own base and registry.
func tourLines(text, registry, work string) []string {
	_, text, _ = strings.Cut(text, "\n## A tour\n")
	text, _, _ = strings.Cut(text, "\n## ")
	var lines []string
	for _, m := range fenced.FindAllStringSubmatch(text, -1) {
		if m[1] != "sh" {
			continue
		}
		for line := range strings.Lines(continued.ReplaceAllString(m[2], " ")) {
			line = strings.TrimRight(line, "\n")
			switch {
			case strings.HasPrefix(line, "pip "), strings.HasPrefix(line, "assemble registry"), strings.HasPrefix(line, "assemble smoke"):
				continue
			case strings.HasPrefix(line, "base: "):
				line = "base: ['oci:" + work + "/base']"
			}
			lines = append(lines, strings.ReplaceAll(line, "127.0.0.1:5000", registry))
		}
	}
	return lines
}
