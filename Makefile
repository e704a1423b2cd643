# The verbs of this repository, for people and for CI alike. Needs Python ≥ 3.11, make and git; `make` alone prints help.

PYTHON ?= python3
JOBS ?= auto
DB ?= embedded
ARGS ?=

UV := $(or $(shell command -v uv 2>/dev/null),.uv/bin/uv)
BIN := .venv/bin
READY := .venv/.ready
export UV_PYTHON_DOWNLOADS := never

ifeq ($(DB),system)
POSTGRES := $(or $(lastword $(sort $(wildcard /usr/lib/postgresql/*/bin))),$(shell pg_config --bindir 2>/dev/null))
TEST_ENV := AMENDS_TEST_BINARIES=$(or $(POSTGRES),$(error DB=system needs the programs of a PostgreSQL server (initdb, pg_ctl)))
endif

.DEFAULT_GOAL := help
.PHONY: help install demo migrate test check lint types contracts fmt bench chaos fuzz clean

help:  ## Print this.
	@echo "make VERB, where VERB is one of"
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(READY)  ## Make .venv with exactly the locked dependencies. PYTHON=python3.13 picks another Python.

demo: $(READY)  ## Start everything with a believable marketplace on http://127.0.0.1:8000. ARGS="--port 8080 --reset"
	$(BIN)/amends demo $(ARGS)

migrate: $(READY)  ## Bring the configured database to the newest revision.
	$(BIN)/amends migrate $(ARGS)

test: $(READY)  ## Run all tests. DB=system: on this machine's PostgreSQL. ARGS="tests/db -k pool", JOBS=0: in one process.
	$(TEST_ENV) $(BIN)/pytest -n $(JOBS) $(ARGS)

check: lint types contracts test  ## Run what CI runs: lint, types, contracts, test.

lint: $(READY)  ## Check style and formatting.
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(READY)  ## Check types, strictly.
	$(BIN)/pyright

contracts: $(READY)  ## Check which part may import which.
	$(BIN)/lint-imports

fmt: $(READY)  ## Format, and fix what can be fixed.
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format

bench: $(READY)  ## Measure, and print each figure against its own limit. Also writes var/bench.json.
	$(BIN)/python -m bench $(ARGS)

chaos: $(READY)  ## Kill web and worker at random under load, at least 200 times, then count the money.
	$(BIN)/python -m tests.chaos $(ARGS)

fuzz: $(READY)  ## Throw generated requests at every route, for long.
	$(BIN)/python -m tests.fuzz $(ARGS)

clean:  ## Remove the environment and all caches. Data under var/ stays.
	rm -rf .venv .uv dist .hypothesis .pytest_cache .ruff_cache .import_linter_cache .schemathesis
	find src tests bench -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): pyproject.toml uv.lock | $(UV)
	$(UV) sync --quiet --locked --all-extras --python "$$(command -v $(PYTHON))"
	@touch $@

.uv/bin/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; set PYTHON=…" >&2; exit 1; }
	$(PYTHON) -m venv .uv
	.uv/bin/python -m pip install --quiet --disable-pip-version-check "uv>=0.9,<1"
