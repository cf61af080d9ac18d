# Everything a person or a machine does with this project. `make` alone lists it.
# PYTHON=python3.12 make test   chooses the Python that .venv is made with.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help demo test test-fast check format chaos sanitize bench bench-growth bench-peers clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(READY) ## the whole worker on an embedded broker, with articles that come along; ends by itself
	@$(BIN)/article-stream demo

test: $(READY) ## all tests; those that need a real Kafka use Docker, or Java with Maven, or are skipped
	@status=0; \
	$(BIN)/pytest tests/chaos || status=$$?; \
	$(BIN)/pytest -n 2 --dist worksteal --ignore tests/chaos || status=$$?; \
	exit $$status

test-fast: $(READY) ## the tests that need neither a Kafka nor long, on two processors (a minute and a half)
	@STREAM_TEST_EXAMPLES=fast $(BIN)/pytest -n 2 --dist worksteal -m "not slow" tests/unit tests/property

check: $(READY) ## style, types, the container files, known vulnerabilities
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python tools/settings_table.py --check
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	$(BIN)/hadolint Dockerfile
	$(BIN)/python tools/sanitize.py --warnings
	@$(BIN)/python .ci/audit.py

format: $(READY) ## format the code, repair what can be repaired without a person
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

chaos: $(READY) ## kill workers and brokers while articles flow, count what comes out: docs/reliability.md (minutes)
	@$(BIN)/python -m tests.chaos

sanitize: $(READY) ## the compiled parts with the compiler's checks of memory and arithmetic, on any input
	$(BIN)/python tools/sanitize.py

bench: $(READY) ## speed, memory and latency on a real Kafka, beside a bare loop (minutes)
	@$(BIN)/python -m bench

bench-growth: $(READY) ## processor time of an article by its length, its paragraphs, the rules, the partitions (minutes)
	@$(BIN)/python -m bench.growth

bench-peers: $(READY) ## the worker beside other systems: make bench-peers PEERS=folder (half an hour)
	@$(BIN)/python -m bench.peers $(PEERS)

clean: ## remove what the other targets made
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis dist build stream/core/native/*.so

NATIVE := $(wildcard stream/core/native/*.[ch])

$(READY): pyproject.toml setup.py $(NATIVE)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { \
	  echo "article-stream needs Python 3.10 or later; $(PYTHON) is $$($(PYTHON) -V 2>&1)." >&2; \
	  echo "Name another one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "$(PYTHON) cannot make virtual environments; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@echo "Installing into $(VENV), once ..." >&2
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@$(BIN)/python -c 'from stream.core import native; native.compiled or print("No C compiler with Python.h was found: the core runs in Python, at half the speed.")' >&2
	@$(BIN)/python -m compileall -q stream
	@touch $(READY)
