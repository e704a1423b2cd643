# The verbs of this repository, for people and for CI alike. Needs Python ≥ 3.11, make and git; `make` alone prints help.

PYTHON ?= python3
JOBS ?= auto
DB ?= embedded
ARGS ?=

UV := $(or $(shell command -v uv 2>/dev/null),.uv/bin/uv)
BIN := .venv/bin
READY := .venv/.ready
LOCALES := src/amends/web/locale
DIST := src/amends/web/static/dist/manifest.json
MODULES := frontend/node_modules/.ready
# The machine's node where it is new enough, else the one among the locked dependencies.
NODE_BIN := $(if $(shell node --version 2>/dev/null | awk -F '[v.]' '$$2 >= 20'),,$(CURDIR)/$(BIN):)
NODE := PATH="$(NODE_BIN)$$PATH"
export UV_PYTHON_DOWNLOADS := never

ifeq ($(DB),system)
POSTGRES := $(or $(lastword $(sort $(wildcard /usr/lib/postgresql/*/bin))),$(shell pg_config --bindir 2>/dev/null))
TEST_ENV := AMENDS_TEST_BINARIES=$(or $(POSTGRES),$(error DB=system needs the programs of a PostgreSQL server (initdb, pg_ctl)))
endif

.DEFAULT_GOAL := help
.PHONY: help install frontend demo migrate test screenshots walkthrough chromium check lint types contracts fmt messages bench chaos fuzz wheel clean

help:  ## Print this.
	@echo "make VERB, where VERB is one of"
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(READY)  ## Make .venv with exactly the locked dependencies. PYTHON=python3.13 picks another Python.

frontend: $(DIST)  ## Build the styles and scripts of the pages, where their sources have changed.

demo: $(READY) $(DIST)  ## Start everything with a believable marketplace on http://127.0.0.1:8000. ARGS="--port 8080 --reset"
	$(BIN)/amends demo $(ARGS)

migrate: $(READY)  ## Bring the configured database to the newest revision.
	$(BIN)/amends migrate $(ARGS)

test: $(READY) $(DIST) | chromium  ## Run all tests. DB=system: on this machine's PostgreSQL. ARGS="tests/db -k pool", JOBS=0: in one process.
	$(TEST_ENV) $(BIN)/pytest -n $(JOBS) $(ARGS)

screenshots: $(READY) $(DIST) | chromium  ## Show every page and state as pictures, in var/screenshots. ARGS="table case"
	$(BIN)/python -m tests.browser.screenshots $(ARGS)

walkthrough: $(READY) $(DIST) | chromium  ## Tell the story of one case with pictures and e-mails, in var/walkthrough.
	$(BIN)/python -m tests.browser.walkthrough

check: lint types contracts test  ## Run what CI runs: lint, types, contracts, test.

lint: $(READY)  ## Check style and formatting.
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/djlint --quiet --lint src/amends/web/templates

types: $(READY) $(MODULES)  ## Check types, strictly.
	$(BIN)/pyright
	$(NODE) npm --prefix frontend run --silent check

contracts: $(READY)  ## Check which part may import which.
	$(BIN)/lint-imports

fmt: $(READY)  ## Format, and fix what can be fixed.
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format

messages: $(READY)  ## Collect the words of the pages into the catalogues, to be translated.
	@mkdir -p var
	$(BIN)/pybabel --quiet extract --mapping pyproject.toml --keywords lazy --add-location file --sort-by-file --omit-header --project amends --output var/amends.pot src
	$(BIN)/pybabel --quiet update --input-file var/amends.pot --output-dir $(LOCALES) --domain amends --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date --width 120

bench: $(READY) $(DIST)  ## Measure, and print each figure against its own limit. Also writes var/bench.json.
	$(BIN)/python -m bench $(ARGS)

chaos: $(READY) $(DIST)  ## Kill web and worker at random under load, at least 200 times, then count the money.
	$(BIN)/python -m tests.chaos $(ARGS)

fuzz: $(READY) $(DIST)  ## Throw generated requests at every route, for long.
	$(BIN)/python -m tests.fuzz $(ARGS)

wheel: $(READY) $(DIST)  ## Build the package, with the built front end inside.
	$(UV) build --quiet --wheel

clean:  ## Remove the environment and all caches. Data under var/ stays.
	rm -rf .venv .uv dist frontend/node_modules src/amends/web/static/dist .hypothesis .pytest_cache .ruff_cache .import_linter_cache .schemathesis
	find src tests bench -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): pyproject.toml uv.lock | $(UV)
	$(UV) sync --quiet --locked --all-extras --python "$$(command -v $(PYTHON))"
	@touch $@

$(MODULES): frontend/package.json frontend/package-lock.json | $(READY)
	$(NODE) npm --prefix frontend ci --silent --no-audit --no-fund
	@touch $@

$(DIST): $(MODULES) frontend/build.mjs frontend/icons.json $(shell find frontend/css frontend/ts src/amends/web/templates -type f)
	$(NODE) node frontend/build.mjs
	@touch $@

# The browser of the tests: installed by apt where this may be done, else named.
chromium:
	@for name in chromium chromium-browser google-chrome google-chrome-stable; do command -v $$name >/dev/null 2>&1 && exit 0; done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
		echo "Installing Chromium for the browser tests." >&2; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; \
	else \
		echo "The browser tests need Chromium. Install it first: sudo apt-get install chromium" >&2; exit 1; \
	fi

.uv/bin/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; set PYTHON=…" >&2; exit 1; }
	$(PYTHON) -m venv .uv
	.uv/bin/python -m pip install --quiet --disable-pip-version-check "uv>=0.9,<1"
