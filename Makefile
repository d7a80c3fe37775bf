# The verbs of the project. `make` alone lists them.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DOCS_STAMP := $(VENV)/.docs-installed
LEARN_STAMP := $(VENV)/.learn-installed

.DEFAULT_GOAL := help
.PHONY: help install up test kafka test-all check lint format bench learn tables docs page lock clean

help: ## list the verbs
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(STAMP) ## make .venv from requirements.lock

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Clearway needs Python 3.11 or newer: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

up: $(STAMP) ## the main job: broker, workers, console and a replayed feed; Ctrl-C ends it all
	$(BIN)/clearway up $(ARGS)

test: $(STAMP) ## the tests, without the slow ones
	$(BIN)/pytest -m "not slow" -n auto --dist loadfile $(ARGS)

KAFKA := build/kafka

kafka: ## the jars of Apache Kafka for tests/broker/kafka, into build/kafka (needs java and mvn)
	mvn --quiet --batch-mode -f tests/broker/kafka/pom.xml dependency:copy-dependencies \
		-DoutputDirectory=$(CURDIR)/$(KAFKA)

test-all: $(STAMP) ## every test
	$(BIN)/pytest $(ARGS)

lint: $(STAMP) ## style, types and import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(STAMP) ## put the code in the house style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

check: lint docs test ## exactly what CI runs

bench: $(STAMP) ## measure (all, or ARGS="chain queues"); writes benchmarks/results and nothing else
	$(BIN)/python -m benchmarks $(ARGS)

# Where the simulated districts that the models learn from lie, and the map they are cut from.
DISTRICTS ?= build/districts
OSM ?= $(or $(CLEARWAY_SHARED_DATA),../shared/data)/networks/shanghai_center.osm.gz

learn: $(LEARN_STAMP) ## learn the shipped models anew (installs the extras learn and sim; some two hours)
	$(BIN)/python -m benchmarks.learn.districts $(OSM) $(DISTRICTS)
	$(BIN)/python -m benchmarks.learn.speed_model $(DISTRICTS)
	$(BIN)/python -m benchmarks.learn.queue_forecast $(DISTRICTS)

$(LEARN_STAMP): $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint requirements.lock \
		--no-build-isolation -e '.[learn,sim]'
	@touch $@

tables: $(STAMP) ## put what was measured into the tables of the pages
	$(BIN)/python -m benchmarks.tables

docs: $(DOCS_STAMP) ## the pages of docs/ as a site in build/docs; a broken link is an error
	$(BIN)/python docs/make_settings.py
	$(BIN)/sphinx-build --fail-on-warning --keep-going --nitpicky --quiet -E -b html docs build/docs
	@echo "build/docs/index.html"

$(DOCS_STAMP): $(STAMP) requirements-docs.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-docs.lock
	@touch $@

page: ## test and build the console's page again (needs Node 20 or newer)
	cd streams/console/page && npm ci && npm test && npm run build

lock: $(STAMP) ## resolve the dependencies of pyproject.toml anew into the two lock files
	$(BIN)/python -m pip install --quiet pip-tools
	$(BIN)/pip-compile --quiet --upgrade --allow-unsafe --strip-extras --no-header --no-annotate \
		--no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
		--extra dev --output-file requirements.lock pyproject.toml
	$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["docs"], sep="\n")' \
		| $(BIN)/pip-compile --quiet --upgrade --allow-unsafe --strip-extras --no-header --no-annotate \
		--no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
		--constraint requirements.lock --output-file requirements-docs.lock -

clean: ## remove what the verbs made
	rm -rf $(VENV) build runs lake *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
