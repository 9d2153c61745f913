# Needs Go, Node and make; everything else is installed here, pinned.

GO      ?= go
TOOLS   := out/tools
AZURITE := storage/storagetest/azurite
BROWSER := publish/report/browser
BICEP   := deploy/azure/bicep
KQL     := deploy/sentinel/kql

# The race detector needs a C compiler on Linux. CI must have one.
CC_FOUND := $(shell command -v $$($(GO) env CC) 2>/dev/null)
ifneq ($(CC_FOUND),)
RACE := -race
endif

.PHONY: build image-root image image-acr image-proof release run man test check lint vuln tools azurite bicep demo azurite-demo chromium kql screenshot torture cluster-programs postgres cluster-test cluster-smoke cluster-bench fuzz clean

# What is stamped into the binary. The date is the commit's, or SOURCE_DATE_EPOCH where
# that is set, never the time of the build: the same commit gives the same bytes.
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
COMMIT  := $(shell git rev-parse HEAD 2>/dev/null)
SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null)
DATE    := $(shell date -u -d '@$(SOURCE_DATE_EPOCH)' +%FT%TZ 2>/dev/null || date -u -r '$(SOURCE_DATE_EPOCH)' +%FT%TZ 2>/dev/null)
LDFLAGS := -s -w -X main.version=$(VERSION) -X main.commit=$(COMMIT) -X main.date=$(DATE)

# The binary, static, time zones inside; for another system with GOOS and GOARCH.
BINARY := bin/sparkless
build:
	CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false -tags timetzdata -ldflags '$(LDFLAGS)' -o $(BINARY) ./cmd/sparkless

# All that is in the image: the binary, and whom to trust. The Dockerfile makes it so, too.
ROOT         := out/image/root
CERTIFICATES := /etc/ssl/certs/ca-certificates.crt
image-root: BINARY := $(ROOT)/sparkless
image-root: build
	mkdir -p $(ROOT)/etc/ssl/certs
	cp $(CERTIFICATES) $(ROOT)/etc/ssl/certs/ca-certificates.crt
	chmod 644 $(ROOT)/etc/ssl/certs/ca-certificates.crt

# The image, by Docker with buildx; IMAGE=registry/name PLATFORM=linux/amd64,linux/arm64
# OUTPUT=--push for both processors, into a registry.
IMAGE    := sparkless
PLATFORM := linux/amd64
OUTPUT   :=
STAMPS   := --build-arg VERSION=$(VERSION) --build-arg COMMIT=$(COMMIT) --build-arg DATE=$(DATE)
image:
	docker buildx build --platform $(PLATFORM) -f deploy/image/Dockerfile $(STAMPS) -t $(IMAGE):$(VERSION) $(OUTPUT) .

# The same by the registry REGISTRY itself, where there is no Docker. Its builder knows no
# build platform, so that goes; Container Apps run linux/amd64, which is what it builds.
image-acr:
	@mkdir -p out/image
	sed 's/ --platform=$$BUILDPLATFORM//' deploy/image/Dockerfile > out/image/Dockerfile
	az acr build --registry $(REGISTRY) --image $(IMAGE):$(VERSION) -f out/image/Dockerfile $(STAMPS) .

# The image without an engine: its root, made as the Dockerfile makes it, is the read-only
# root of a process with a user that has no name. It needs root or user namespaces.
image-proof: azurite
	$(GO) test -count=1 -v ./deploy/image

# Archives for all systems with their bills of materials, and checksums.
release: $(TOOLS)/cyclonedx-gomod
	$(GO) run ./deploy/release -version '$(VERSION)' -commit '$(COMMIT)' -date '$(DATE)' -sbom $(TOOLS)/cyclonedx-gomod

# A first result: a sample day of exports, the hunt over it, the findings.
run: build
	bin/sparkless sample --out out/sample
	bin/sparkless run --folder out/sample --work-folder out/work --out 'out/findings-{day}.jsonl' --out 'out/findings-{day}.csv' --report out/report.html

# Reports to look at: of a day of an invented company, beside the week before it, and
# of all these days. Needs no network, and about 400 MB below out/demo.
DEMO := --folder out/demo/export --work-folder out/demo/work --suppressions out/demo/suppressions.yaml --log-level warn
demo: build
	rm -rf out/demo
	bin/sparkless sample --out out/demo/export --day 2026-11-20 --days 8 --events 30000 2> /dev/null
	bin/sparkless suppress add --file out/demo/suppressions.yaml --name sihost_x64.exe --path 'C:\ProgramData\*' \
	  --reason 'agent of the remote support, ticket 4711' --by 'a. hunter' --expires 90d > /dev/null
	bin/sparkless backfill $(DEMO) --from 2026-11-13 --to 2026-11-20 > /dev/null
	bin/sparkless run $(DEMO) --day 2026-11-20 --report out/demo/report.html
	bin/sparkless report $(DEMO) --from 2026-11-13 --to 2026-11-21 --report out/demo/week.html
	@echo 'Open out/demo/report.html (a day) and out/demo/week.html (the days before it, too) in a browser.'

# Pages of the manual, from the same texts as --help.
man: build
	bin/sparkless man --dir out/man

test: check lint azurite bicep chromium kql $(TOOLS)/cyclonedx-gomod
ifeq ($(RACE)$(CI),true)
	@echo "no C compiler: the race detector cannot run" && false
endif
	$(GO) test $(RACE) -timeout 30m ./...
	cd bench/peers && $(GO) test ./...
	cd deploy/kubernetes/check && $(GO) test ./...
ifeq ($(RACE),)
	@echo "no C compiler found: the tests ran without the race detector"
endif

check:
	@unformatted=$$(gofmt -l $$(git ls-files '*.go' 2>/dev/null || find . -name '*.go' -not -path '*/node_modules/*')); \
	  if [ -n "$$unformatted" ]; then echo "not gofmt-ed:"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...
	cd bench/peers && $(GO) vet ./...
	cd deploy/kubernetes/check && $(GO) vet ./...

# Linters, which .ci/tools/go.mod pins apart from the program's own module. They
# take minutes to build, once.
tools: $(TOOLS)/.built

$(TOOLS)/.built: .ci/tools/go.mod .ci/tools/go.sum
	@mkdir -p $(TOOLS)
	cd .ci/tools && CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w' -o ../../$(TOOLS)/ tool
	@touch $@

# What writes bills of materials, pinned in the same way.
$(TOOLS)/cyclonedx-gomod: .ci/sbom/go.mod .ci/sbom/go.sum
	@mkdir -p $(TOOLS)
	cd .ci/sbom && CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w' -o ../../$(TOOLS)/ tool
	@touch $@

lint: tools
	$(TOOLS)/golangci-lint run ./...
	cd bench/peers && ../../$(TOOLS)/golangci-lint run --config ../../.golangci.yml ./...
	cd deploy/kubernetes/check && ../../../$(TOOLS)/golangci-lint run --config ../../../.golangci.yml ./...

# Known vulnerabilities in what the program calls. This asks a database on the
# network; VULNDB names a copy of it (https:// or file://).
VULNDB ?= https://vuln.go.dev
vuln: tools
	@$(TOOLS)/govulncheck -db $(VULNDB) ./...; code=$$?; \
	  if [ $$code -eq 1 ]; then echo "NOT CHECKED for known vulnerabilities: is $(VULNDB) within reach? VULNDB=URL names a copy"; fi; exit $$code

# Azurite, the storage emulator, as its lock file pins it.
azurite: $(AZURITE)/node_modules/.package-lock.json

$(AZURITE)/node_modules/.package-lock.json: $(AZURITE)/package.json $(AZURITE)/package-lock.json
	cd $(AZURITE) && npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

# The grammar that the generated Bicep is read with, as its lock file pins it.
bicep: $(BICEP)/node_modules/.package-lock.json

$(BICEP)/node_modules/.package-lock.json: $(BICEP)/package.json $(BICEP)/package-lock.json
	cd $(BICEP) && npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

# A real browser for the tests of the report: Debian's chromium, or the program that
# CHROMIUM names; and axe-core, which finds what keeps people from using a page.
CHROMIUM ?= $(shell command -v chromium || command -v chromium-browser || command -v google-chrome-stable || command -v google-chrome)
SUDO     := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
chromium: $(BROWSER)/node_modules/.package-lock.json
ifeq ($(CHROMIUM),)
	@command -v apt-get >/dev/null || { echo "no chromium found: install one, or say make CHROMIUM=/path/to/it"; exit 1; }
	@{ $(SUDO) apt-get update -q && $(SUDO) apt-get install -q -y --no-install-recommends chromium; } || \
	  { echo "chromium cannot be installed by apt-get: install one, or say make CHROMIUM=/path/to/it"; exit 1; }
else
	@command -v $(CHROMIUM) >/dev/null || { echo "there is no $(CHROMIUM)"; exit 1; }
endif

$(BROWSER)/node_modules/.package-lock.json: $(BROWSER)/package.json $(BROWSER)/package-lock.json
	cd $(BROWSER) && npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

# The language service that binds every Kusto query, as its lock file pins it.
kql: $(KQL)/node_modules/.package-lock.json

$(KQL)/node_modules/.package-lock.json: $(KQL)/package.json $(KQL)/package-lock.json
	cd $(KQL) && npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

# The README's picture of the report, taken anew of the sample day.
screenshot: chromium
	$(GO) test -count=1 -run TestReportOfTheSampleDay ./cmd/sparkless
	cp out/screenshots/sample-1280.png publish/report/screenshot.png

# The whole way with real servers on this machine: Azurite with the sample day,
# the job over azblob, records arriving at a Data Collector server.
azurite-demo: build azurite
	$(GO) run ./bench/demo -sparkless bin/sparkless

# Kill the program again and again, in Azurite and in a folder, and compare what
# arrived with what was to be found; ROUNDS of each. TORTURE is for its flags.
TORTURE ?=
torture: ROUNDS = 20
torture: build azurite
	$(GO) run ./bench/torture -sparkless bin/sparkless -rounds $(ROUNDS) $(TORTURE)

# Temporal's programs, which .ci/temporal pins in modules of their own: minutes of
# building, once.
TEMPORAL := $(TOOLS)/temporal
$(TEMPORAL)/temporal: .ci/temporal/cli/go.mod .ci/temporal/cli/go.sum
	@mkdir -p $(TEMPORAL)
	cd .ci/temporal/cli && $(GO) build -ldflags '-s -w' -o ../../../$(TEMPORAL)/ tool
	@touch $@

$(TEMPORAL)/server: .ci/temporal/server/go.mod .ci/temporal/server/go.sum
	@mkdir -p $(TEMPORAL)
	cd .ci/temporal/server && $(GO) build -ldflags '-s -w' -o ../../../$(TEMPORAL)/ tool
	@touch $@

# The same program, and another build of it, which must not work together.
CLUSTER := out/cluster
cluster-programs: build azurite
	$(MAKE) --no-print-directory build BINARY=$(CLUSTER)/other VERSION=other
	$(GO) build -o $(CLUSTER)/cluster ./bench/cluster

# The database of Temporal's server: in PATH, or Debian's package.
POSTGRES := $(shell command -v initdb || ls /usr/lib/postgresql/*/bin/initdb 2>/dev/null)
postgres:
ifeq ($(POSTGRES),)
	@command -v apt-get >/dev/null || { echo "no PostgreSQL found: install one, with initdb in PATH"; exit 1; }
	@$(SUDO) apt-get update -q && $(SUDO) apt-get install -q -y --no-install-recommends postgresql
endif

# Several processes of the program that share the work by way of Temporal, which are
# killed and stopped, as are the server and its database, PostgreSQL; CLUSTERTEST is for
# flags of the harness. About ten minutes: a process that is silent is given up after one.
CLUSTERTEST ?=
cluster-test: cluster-programs postgres $(TEMPORAL)/server
	$(CLUSTER)/cluster -sparkless bin/sparkless -other $(CLUSTER)/other $(CLUSTERTEST)

# One kill, with Temporal's development server.
cluster-smoke: cluster-programs $(TEMPORAL)/temporal
	$(CLUSTER)/cluster -sparkless bin/sparkless -server dev -only kill -days 1 $(CLUSTERTEST)

# What it costs to share the work, on a day of SIZE GB; and what large days would take.
cluster-bench: cluster-programs postgres $(TEMPORAL)/server
	$(CLUSTER)/cluster -sparkless bin/sparkless -measure -size $(SIZE) -rounds $(ROUNDS) -record bench/runs
	$(CLUSTER)/cluster -simulate -record bench/runs

# Every fuzz target for FUZZTIME.
FUZZTIME ?= 30s
fuzz:
	@set -e; for dir in $$(grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n1 dirname | sort -u); do \
	  for f in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\).*/\1/p' $$dir/*_test.go); do \
	    echo "$$dir $$f"; $(GO) test $$dir -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME); \
	  done; done

# What the tables of the bench need: our programs and the peers that Go builds.
BENCH := out/bench

.PHONY: bench bench-models bench-together bench-readme bench-claims bench-smoke bench-micro bench-programs
bench-programs: build
	$(GO) build -o $(BENCH)/ ./bench/compare ./bench/reader
	cd bench/peers && $(GO) build -o ../../$(BENCH)/go-peers .

# Reading and the whole job beside Go's JSON libraries, simdjson, DuckDB, Polars
# and Spark, on SIZE GB. The peers are installed below out/ and nowhere else.
SIZE   ?= 1
ROUNDS ?= 5
ONLY   ?= .
bench: bench-programs
	bench/peers/setup.sh $(BENCH)/peers
	$(BENCH)/compare -size $(SIZE) -rounds $(ROUNDS) -only '$(ONLY)' -record bench/runs
	$(MAKE) bench-models

# Isolation forests beside those of scikit-learn and isotree, which Python 3.11
# and a C++ compiler are needed for. All stay on one processor, if there is taskset: a
# thread that moves between two finds its table in neither's caches.
bench-models:
	$(GO) build -o $(BENCH)/models-bench ./bench/models
	bench/models/setup.sh $(BENCH)/models
	$(if $(shell command -v taskset),taskset -c 0) $(BENCH)/models-bench -turns 9 -record bench/runs

# What the other hunts cost beside the first, on one read of a day.
bench-together: build
	$(GO) run ./bench/together -record bench/runs

# The same, and its tables on the page of the bench.
bench-readme: bench-programs
	bench/peers/setup.sh $(BENCH)/peers
	$(BENCH)/compare -size $(SIZE) -rounds $(ROUNDS) -only '$(ONLY)' -record bench/runs -readme bench/README.md

# What is promised of large days, here SIZE GB.
bench-claims: bench-programs
	$(BENCH)/compare -claims -size $(SIZE) -rounds $(ROUNDS) -record bench/runs

# The same code on a tiny day, with the peers that Go builds: are the results equal?
bench-smoke: bench-programs
	$(BENCH)/compare -smoke -size 0.01 -rounds 1 -only '$(ONLY)'
	$(BENCH)/compare -claims -size 0.1 -rounds 1

# Go benchmarks against the last recorded ones.
bench-micro:
	bench/micro.sh

clean:
	rm -rf bin out
