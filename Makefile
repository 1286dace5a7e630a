# assemble: `make demo` shows the main job, `make test` passes the tests.
SHELL       := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

export CGO_ENABLED = 0
TOOLS   := $(CURDIR)/.tools
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)

.PHONY: help
help: ## list the targets
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## /{printf "  %-20s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: bin/assemble ## build bin/assemble

.PHONY: bin/assemble
bin/assemble:
	@go build -trimpath -ldflags '$(LDFLAGS)' -o $@ ./cmd/assemble

.PHONY: demo
demo: build ## assemble, push, sign and verify a small FastAPI image; no root, no Docker
	@./examples/demo.sh

.PHONY: test
test: ## the hermetic tests: needs only Go
	go test ./...

.PHONY: race
race: ## the hermetic tests under the race detector (needs a C compiler)
	CGO_ENABLED=1 go test -race ./...

.PHONY: lint
lint: ## go vet and golangci-lint
	go vet ./...
	@./e2e/tools.sh golangci-lint
	$(TOOLS)/bin/golangci-lint run ./...

.PHONY: e2e
e2e: build ## the real thing: registry, containerd, cosign, skopeo, umoci, buildah
	@./e2e/run.sh

.PHONY: e2e-seed
e2e-seed: build ## the real thing with 98 wheels (475 MB) and OpenCV's packages, numbers printed
	@./e2e/seed.sh

.PHONY: bench
bench: build ## time the main job side by side with what one would use instead
	@./bench/run.sh

PYTHON ?= $(shell command -v python3.10)
.PHONY: pip-compare
pip-compare: ## compare what wheels install with what pip installs (PYTHON, a CPython 3.10; ASSEMBLE_WHEELS, a directory)
	ASSEMBLE_PIP='$(PYTHON)' go test -count=1 -timeout 15m -v -run Pip ./wheels

.PHONY: deploy-check
deploy-check: ## hold deploy/ against the schemas of Kubernetes, Tekton, GitHub and GitLab
	@./e2e/deploy.sh

.PHONY: dockerignore-compare
dockerignore-compare: ## compare what .dockerignore leaves out with BuildKit's walker, on 1,000 random contexts
	cd e2e/dockerignore && go test -count=1 .

SETS ?=
.PHONY: deb-compare
deb-compare: ## compare what packages install with what apt-get installs (root; SETS, some of the sets)
	@./e2e/deb-compare.sh $(SETS) || [ "$$?" = 77 ]

FUZZTIME ?= 1m
.PHONY: fuzz
fuzz: ## every fuzz target, FUZZTIME each, FUZZJOBS at once
	@./e2e/fuzz.sh $(FUZZTIME)

.PHONY: clean
clean: ## remove what was built here; .tools/ (downloads) stays
	rm -rf bin out
