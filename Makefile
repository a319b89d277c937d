# Two commands are enough on a fresh machine: `make dev` and `make test`.
# Each installs and builds what is out of date, and nothing else.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help dev test lint build bench real-input sim sim-selftest jepsen clean check-tools install
.PHONY: lint-style lint-types lint-layers lint-habits

BIN := node_modules/.bin
# Named after Node's binary interface: another Node needs better-sqlite3 built again.
STAMP := node_modules/.kvorum-installed-$(shell node -p process.versions.modules 2>/dev/null)

help: ## this list
	@echo 'Kvorum'
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)$$/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20
	@echo
	@echo '  make dev ARGS="--nodes 5"     passes flags to `kvorum dev`'
	@echo '  make test ARGS=test/cli       runs the tests whose path starts so'
	@echo '  make sim SEEDS=1..1000 MINUTES=10 JOBS=2 ARGS=--shrink'

dev: build ## install, build and run a three-node cluster on this machine
	@exec node bin/kvorum.js dev $(ARGS)

test: build ## install, build and run all tests
	@node build/test/runner/main.js $(ARGS)

lint: lint-style lint-types lint-layers lint-habits ## style, types, layer rules and the tidy test

lint-style: install
	$(BIN)/biome check --error-on-warnings .

lint-types: install
	$(BIN)/tsc --noEmit -p .

lint-layers: install
	$(BIN)/depcruise --config .dependency-cruiser.cjs $(wildcard src test bench jepsen-lite)

lint-habits: build
	@node build/test/runner/main.js test/tidy.test.ts test/layers.test.ts

build: install ## install what is missing and compile into build/
	@$(BIN)/tsc -p .

bench: build ## measure this machine (docs in bench/)
	@test -f build/bench/main.js || { echo 'There is no bench/main.ts.'; exit 1; }
	@exec node build/bench/main.js $(ARGS)

real-input: build ## every file under node_modules through a cluster whose nodes are killed
	@exec node build/bench/real-input.js $(ARGS)

sim-selftest: build ## hunt all planted bugs with the simulator; print what found them, and when
	@exec node build/test/simulation/selftest-main.js $(ARGS)

# Without SEEDS fresh ones, for MINUTES; with SEEDS all of them unless MINUTES is said.
sim: MINUTES ?= $(if $(SEEDS),,10)
sim: JOBS ?= 2
sim: build ## run simulated clusters under faults (docs in test/simulation/)
	@exec node build/test/simulation/main.js --jobs $(JOBS) $(if $(SEEDS),--seeds $(SEEDS)) \
	  $(if $(MINUTES),--minutes $(MINUTES)) $(ARGS)

jepsen: build ## ten minutes of mixed faults against five real processes (docs/JEPSEN-LITE.md)
	@exec node bin/jepsen-lite.js run --start 5 --time 10m $(ARGS)

clean: ## remove what was built; node_modules and data stay
	rm -rf build .tap

install: check-tools $(STAMP)

# A node_modules that is a link belongs to another folder and is used as it is.
$(STAMP): package-lock.json
	@if [ -L node_modules ]; then \
	  echo "node_modules is a link to $$(readlink node_modules): nothing is installed here."; \
	else \
	  bash scripts/check-tools compiler; \
	  npm ci --no-audit --no-fund; \
	  touch $@; \
	fi

check-tools:
	@bash scripts/check-tools
