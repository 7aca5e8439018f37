# Claimbook. `make help` lists what there is.
SHELL := /bin/bash
.DEFAULT_GOAL := help
GO ?= go
BIN := bin/claimbook
DEMO_DIR ?= demo

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

.PHONY: build
build: ## Build bin/claimbook
	$(GO) build -o $(BIN) ./cmd/claimbook

.PHONY: demo
demo: deps-postgres build ## Run a practice's day on a private PostgreSQL, from encounters to statements
	$(BIN) demo --out $(DEMO_DIR) $(DEMO_FLAGS)

.PHONY: test
test: deps-postgres deps-test build ## Run every test (installs what it needs)
	-@command -v npm >/dev/null && $(MAKE) --no-print-directory assets # axe-core's rules for the pages; the other checks run without
	$(GO) vet ./...
	$(GO) test -timeout 25m ./...

.PHONY: test-race
test-race: deps-postgres deps-test ## Run the tests under the race detector
	$(GO) test -race -timeout 60m ./...

.PHONY: simulate
simulate: deps-postgres ## Run SEEDS (default 200) simulated practices against an independent model of the book
	$(GO) test ./internal/simulate -run TestSimulation -timeout 12h -v -seeds $(or $(SEEDS),200) -seed $(or $(SEED),1) -steps $(or $(STEPS),80)

.PHONY: bench
bench: deps-postgres ## Run the benchmarks; each prints a ratio to a baseline of the same run
	$(GO) test -run '^$$' -bench . -benchtime 3x ./...

.PHONY: fuzz
fuzz: ## Fuzz every parser, FUZZTIME (default 30s) each
	@scripts/fuzz $(or $(FUZZTIME),30s)

.PHONY: assets
assets: ## Fetch axe-core by lock file (needs npm), with which the tests of the pages look for barriers
	@mkdir -p internal/web/assets/dist && cp internal/web/assets/package*.json internal/web/assets/dist/
	@cd internal/web/assets/dist && npm ci --ignore-scripts --no-audit --no-fund --silent

.PHONY: generate
generate: ## Regenerate the pages' Go code and the generated docs
	$(GO) tool templ generate
	$(GO) test ./claims ./edi/check -run 'Doc' -update

.PHONY: lint
lint: ## Run golangci-lint (built on first use, which takes some minutes)
	@command -v golangci-lint >/dev/null || $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
	PATH="$$PATH:$$($(GO) env GOPATH)/bin" golangci-lint run ./...

.PHONY: pictures
pictures: build ## Make the pictures of the README again, from a demo
	@scripts/pictures

.PHONY: deps-postgres
deps-postgres: ## Install PostgreSQL's server binaries if they are missing
	@scripts/need postgres

.PHONY: deps-test
deps-test: ## Install hledger, pdftotext and Chromium for the tests if they are missing
	@scripts/need hledger pdftotext chromium

.PHONY: clean
clean: ## Remove what was built and the demo's folder
	rm -rf bin $(DEMO_DIR)
