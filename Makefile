# Inkloom. `make demo` shows it, `make up` serves it, `make test` proves it.
# Every target prepares what it needs; nothing but Python 3.11+ and make must be there before.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
UV_VERSION := 0.13.8
DATA := .inkloom
ONLY ?=

export UV_PYTHON_DOWNLOADS := never
export PYTHONUNBUFFERED := 1

.PHONY: help setup demo up test lint proof bench lock clean

help:
	@echo "make demo   the whole product on 60 landmarks, in about half a minute"
	@echo "make up     API and redirects on 8000, Temporal UI on 8233 (Ctrl-C stops)"
	@echo "make test   everything CI runs"
	@echo "make bench  the benchmarks at full size (ONLY=name runs some)"
	@echo "make proof  every test at full size (crashes, recovery, more examples)"
	@echo "make setup  only the virtual environment"

setup: $(READY)
	@:

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "Inkloom needs Python 3.11 or newer; point to one with: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "Preparing $(VENV) (once; about half a minute)"
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || \
	  { command -v apt-get >/dev/null && apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null && $(PYTHON) -m venv --clear $(VENV); } || \
	  { echo "Python's venv module is missing; install it (Debian: apt-get install python3-venv) and run make again" >&2; exit 1; }
	@$(BIN)/python -m pip install -q --disable-pip-version-check uv==$(UV_VERSION)
	@echo "Installing the pinned packages"
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv pip install -q --require-hashes -r requirements.lock
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv pip install -q --no-deps -e .
	@touch $@

demo: $(READY)
	@$(BIN)/inkloom demo

up: $(READY)
	@exec $(BIN)/inkloom up

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# EPS is looked at with Ghostscript, pages with Chromium; where they cannot be had, those tests are
# skipped and say so.
test: lint
	@command -v gs >/dev/null && command -v chromium >/dev/null || { command -v apt-get >/dev/null && \
	  { apt-get update -qq; apt-get install -y -qq --no-install-recommends ghostscript chromium; } \
	  >/dev/null 2>&1; } || true
	$(BIN)/python -m pytest --ignore=tests/journeys -n 3 --dist worksteal
	$(BIN)/python -m pytest tests/journeys -n 2 --dist loadfile
	$(BIN)/python -m tests.benchmarks --tiny

proof: $(READY)
	INKLOOM_PROOF=full $(BIN)/python -m pytest --ignore=tests/journeys -n 2 --timeout 600
	INKLOOM_PROOF=full $(BIN)/python -m pytest tests/journeys --timeout 3600

bench: $(READY)
	$(BIN)/python -m tests.benchmarks --only "$(ONLY)"

lock: $(READY)
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes \
	  --no-annotate --no-header --extra dev pyproject.toml -o requirements.lock -q

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache
