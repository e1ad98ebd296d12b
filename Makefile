# Every developer command. Each target does its own set-up: it needs Python >= 3.11, cargo and make, nothing else.

.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

# The first of these that runs and is new enough; `make PYTHON=… test` takes another.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.14 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && command -v $$p && break; done)

VENV := .venv
BIN := $(VENV)/bin
# Processes that run tests at once.
JOBS ?= 2
# What the tests are run with besides, such as `make test ARGS='-k split -x'`.
ARGS ?=

# cargo builds against the Python of .venv, so that each target reuses what another has compiled.
export PYO3_PYTHON := $(CURDIR)/$(BIN)/python
export PIP_DISABLE_PIP_VERSION_CHECK := 1

PYTHON_SOURCES := $(shell find python -name '*.py' -o -name '*.pyi' -o -name 'py.typed')
RUST_SOURCES := Cargo.toml Cargo.lock $(shell find rust -name '*.rs' -o -name 'Cargo.toml')
BUILD_SOURCES := pyproject.toml README.md LICENSE $(wildcard build_backend/*.py)

# Stamps: each is younger than what it was made from, so that nothing is done twice.
TOOLS := $(VENV)/.tools
INSTALLED := $(VENV)/.installed
BENCH_TOOLS := $(VENV)/.bench-tools
QSV_VERSION := 16.1.0
QSV := target/qsv/bin/qsvlite

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: $(INSTALLED) ## build and install the release wheel, process the examples, show the first rejects
	@BIN=$(BIN) examples/demo.sh

.PHONY: test
test: $(INSTALLED) ## all tests, Rust and Python, against the release wheel, with coverage
	cargo test --release --workspace --quiet
	@rm -f .coverage .coverage.*
	$(BIN)/python -m pytest -n $(JOBS) --cov --cov-report=term $(ARGS)

.PHONY: test-quick
test-quick: $(INSTALLED) ## the Python tests that take no more than seconds, without coverage
	$(BIN)/python -m pytest -n $(JOBS) -m 'not slow' $(ARGS)

.PHONY: lint
lint: $(TOOLS) ## ruff, mypy --strict, rustfmt and clippy; nothing is changed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict
	cargo fmt --all -- --check
	cargo clippy --release --workspace --all-targets -- -D warnings

.PHONY: format
format: $(TOOLS) ## format everything, and mend what can be mended by itself
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .
	cargo fmt --all

.PHONY: coverage
coverage: $(INSTALLED) ## what the Python tests reach, as pages in htmlcov/
	@rm -f .coverage .coverage.*
	$(BIN)/python -m pytest -n $(JOBS) --cov --cov-report=html $(ARGS)

.PHONY: bench
bench: $(BENCH_TOOLS) ## the asv suite against the last commit (make bench RANGE='HEAD~5..HEAD' for more)
	$(BIN)/asv machine --yes >/dev/null
	$(BIN)/asv run --show-stderr $(or $(RANGE),HEAD^!)

.PHONY: compare
compare: $(INSTALLED) $(BENCH_TOOLS) ## thresher beside its rivals, alternating: a table and a plot in benches/results/
	$(BIN)/python -m benches.compare $(ARGS)

.PHONY: qsv
qsv: $(QSV) ## the rival qsv, built with cargo into target/qsv, where compare finds it (ten minutes or more)

.PHONY: instructions
instructions: $(INSTALLED) ## instructions a record, counted by callgrind, beside those recorded (where valgrind is installed)
	$(BIN)/python -m benches.instructions $(ARGS)

.PHONY: wheel
wheel: $(TOOLS) ## the release wheel, in dist/
	@rm -rf dist
	$(BIN)/python -m pip wheel --no-deps --wheel-dir dist .

.PHONY: wheel-pure
wheel-pure: $(TOOLS) ## the pure-Python wheel, in dist/
	THRESHER_PURE=1 $(BIN)/python -m pip wheel --no-deps --wheel-dir dist .

.PHONY: develop
develop: $(TOOLS) ## an editable install: Python is used where it stands, Rust is built as released
	@rm -f $(INSTALLED)
	$(BIN)/python -m pip install --quiet --editable '.[numpy]'

.PHONY: environment
environment: $(TOOLS) ## only .venv with the tools of development

.PHONY: clean
clean: ## remove all that was built, installed and measured
	rm -rf $(VENV) target dist build htmlcov .coverage .coverage.* .asv benches/data benches/results examples/out
	rm -rf .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find python tests benches examples build_backend -name __pycache__ -prune -exec rm -rf {} +
	find python -name '*.so' -delete

# ---------------------------------------------------------------- set-up

$(BIN)/python:
	@test -n '$(PYTHON)' || { echo 'make: no Python >= 3.11 was found; say PYTHON=/path/to/python' >&2; exit 2; }
	@echo 'creating $(VENV) with $(PYTHON)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet 'pip>=25.1'

$(TOOLS): pyproject.toml | $(BIN)/python
	@echo 'installing the tools of development into $(VENV)'
	$(BIN)/python -m pip install --quiet --group dev
	@touch $@

$(BENCH_TOOLS): pyproject.toml | $(TOOLS)
	@echo 'installing the rivals into $(VENV)'
	$(BIN)/python -m pip install --quiet --group bench
	@touch $@

# As published it does not build: its json command calls a method that only a fork of a library has.
$(QSV):
	@echo 'building qsv $(QSV_VERSION), with validate and little else (ten minutes or more)'
	@rm -rf $(@D) target/qsv/qsv-$(QSV_VERSION) && mkdir -p target/qsv
	cargo info --quiet qsv@$(QSV_VERSION) >/dev/null
	tar -xzf "$${CARGO_HOME:-$$HOME/.cargo}"/registry/cache/*/qsv-$(QSV_VERSION).crate -C target/qsv
	cd target/qsv/qsv-$(QSV_VERSION) && printf '\n[workspace]\n' >>Cargo.toml && \
		sed '/preserve_key_order/d' src/cmd/json.rs >json.rs && mv json.rs src/cmd/json.rs
	CARGO_TARGET_DIR=target/qsv/build cargo install --quiet --locked --path target/qsv/qsv-$(QSV_VERSION) \
		--root target/qsv --no-default-features --features lite,mimalloc --bin qsvlite
	@rm -rf target/qsv/build target/qsv/qsv-$(QSV_VERSION)

$(INSTALLED): $(PYTHON_SOURCES) $(RUST_SOURCES) $(BUILD_SOURCES) | $(TOOLS)
	@command -v cargo >/dev/null || echo 'cargo is missing: the pure-Python library is built' >&2
	@echo 'building the release wheel and installing it into $(VENV) (a few minutes the first time)'
	@rm -rf target/wheel
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir target/wheel .
	$(BIN)/python -m pip install --quiet --force-reinstall --no-deps target/wheel/*.whl
	$(BIN)/python -m pip install --quiet "$$(echo target/wheel/*.whl)[numpy]"
	@touch $@
