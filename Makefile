# Everything a person or a machine does with this project. `make` alone lists it.
# PYTHON=python3.12 make test   chooses the Python that .venv is made with.

PYTHON ?= python3
CORPUS ?= ../shared/corpus/articles.jsonl.gz
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.installed
# Strict: a link or an anchor that leads nowhere fails the build (not with --quiet, which hides warnings from the count).
# The variable silences a notice of the theme.
DOCS := NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

.DEFAULT_GOAL := help
.PHONY: help demo demo-live test test-fast check helm-check docs lock format chaos compat model sanitize bench bench-growth bench-sites bench-peers wheels clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/.program ## the whole worker on an embedded broker, with articles that come along; ends by itself
	@$(BIN)/article-stream demo

demo-live: $(VENV)/.program ## the same, and articles that go on flowing, with the worker's live page, until Ctrl-C
	@$(BIN)/article-stream demo --serve

# The first run imports all tests and keeps what is compiled of them, which each process of the second would do again.
test: export PYTHONDONTWRITEBYTECODE =
test: $(READY) ## all tests; those that need a real Kafka use Docker, or Java with Maven, or are skipped
	@status=0; began=$$(date +%s); \
	$(BIN)/pytest -m chaos || status=$$?; \
	$(BIN)/pytest -n 8 --dist worksteal --ignore tests/chaos || status=$$?; \
	took=$$(($$(date +%s) - began)); \
	echo "make test took $$((took / 60)) min $$((took % 60)) s."; \
	exit $$status

test-fast: $(READY) ## the tests that need neither a Kafka nor long, on two processors (a minute and a half)
	@STREAM_TEST_EXAMPLES=fast $(BIN)/pytest -n 2 --dist worksteal -m "not slow" tests/unit tests/property

check: $(READY) ## style, types, the container files, alerts and dashboard, known vulnerabilities
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python tools/reference.py --check
	$(DOCS)
	$(BIN)/python tools/lock.py --check
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	$(BIN)/hadolint Dockerfile
	$(BIN)/python tools/dashboard.py --check
	@$(BIN)/python tools/promtool.py
	@$(BIN)/check-jsonschema --quiet --schemafile deploy/helm/article-stream/values.schema.json deploy/helm/article-stream/values.yaml
	@$(BIN)/python tools/helm.py --if-there
	@$(BIN)/python tools/native.py --lint
	@$(BIN)/python .ci/audit.py

helm-check: $(READY) ## the Helm chart: lint, and what it makes beside the schemas of Kubernetes (builds helm once, with Go)
	@$(INTO) '.[chart]' --quiet
	@$(BIN)/python tools/helm.py

docs: $(READY) ## the documentation as a web site, in site/; fails on a broken link
	$(DOCS)
	@echo "Built: site/index.html"

lock: $(READY) ## write requirements.lock, what the image installs, from pyproject.toml
	$(BIN)/python tools/lock.py

format: $(READY) ## format the code, repair what can be repaired without a person
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

chaos: $(READY) ## kill workers and brokers while articles flow, count what comes out: docs/reliability.md (minutes)
	@$(BIN)/python -m tests.chaos

compat: $(READY) ## the contract tests and four faults on Kafka 2.8 to 4.4: docs/compatibility.md (most of an hour)
	@$(BIN)/python -m tests.compat

model: $(READY) ## learn where footers begin, from labelled pages: make model CORPUS=pages.jsonl.gz (ten minutes)
	@$(INTO) '.[train]' --quiet
	@$(BIN)/python -m tools.model $(CORPUS)

sanitize: $(READY) ## the compiled core with all of the compiler's checks at run time, on any input; make sanitize FUZZ=3600: on harmed pages for an hour
	$(BIN)/python tools/native.py $(if $(FUZZ),--fuzz $(FUZZ))

bench: $(READY) ## speed, memory and latency on a real Kafka, beside a bare loop: real pages, then plain ones (a quarter of an hour)
	@$(BIN)/python -m bench

bench-growth: $(READY) ## processor time of an article by its lines, its length, its paragraphs, the rules, the sites, the partitions (minutes)
	@$(BIN)/python -m bench.growth

bench-sites: $(READY) ## what learning sites costs a worker and a learner, and how good it is in the stream (some minutes)
	@$(BIN)/python -m bench.sites
	@$(BIN)/python -m bench.kept_sites
	@$(BIN)/python -m bench.learn
	@$(BIN)/python -m bench.site_cost -n 20000
	@$(BIN)/python -m bench.stream_sites --rate 30

bench-peers: $(READY) ## the worker beside other systems: make bench-peers PEERS=folder (an hour)
	@$(BIN)/python -m bench.peers $(PEERS)

wheels: ## a wheel with the compiled core for this kind of machine, in dist/, tried where there is no Rust; or make wheels TARGETS=…
	@$(PYTHON) tools/wheels.py $(TARGETS)

clean: ## remove what the other targets made
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis dist build site native/target stream/core/native/*.so

NATIVE := native/Cargo.toml $(wildcard native/src/*.rs)

INTO = $(BIN)/python -m pip install --disable-pip-version-check --editable

# One environment for all targets: the demo needs the program alone, everything else the developers' tools as well.
$(VENV)/.program: pyproject.toml setup.py $(NATIVE)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "article-stream needs Python 3.11 or later; $(PYTHON) is $$($(PYTHON) -V 2>&1)." >&2; \
	  echo "To use another Python: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "$(PYTHON) cannot make virtual environments; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@rm -f stream/core/native/compiled.cpython-*.so # of checkouts before the core was one file for all Pythons
	@$(PYTHON) tools/working.py "Installing article-stream into $(VENV), once" -- sh -c '\
	  $(PYTHON) -m venv --clear $(VENV) && $(INTO) . && $(BIN)/python -m compileall -q stream'
	@$(BIN)/python -c 'from stream.core import native; native.compiled or print(f"The compiled core was not built: cleaning runs in Python, a fortieth as fast. To get it, {native.HOW_TO_GET_IT}.")' >&2
	@touch $@

$(READY): $(VENV)/.program
	@$(PYTHON) tools/working.py "Installing the developers' tools into $(VENV), once" -- $(INTO) '.[dev]'
	@touch $@
