# The tour of Voltlog: every thing a contributor or operator does is a target here.
# Needs Python >= 3.11 with venv, and make. Everything else is installed into this folder by `make setup`.

PYTHON ?= python3
VENV := .venv
TOOLS := .tools
UV_VERSION := 0.13.9
UV := $(shell command -v uv 2>/dev/null || echo $(TOOLS)/bin/uv)
SYNCED := $(VENV)/.synced
PYTEST := $(VENV)/bin/pytest
# Three parts run beside each other, for most of the time is spent waiting; the output of the last one comes first.
ALONE := tests/unit tests/contract tests/architecture
LOG := tests/integration/eventlog tests/integration/imports tests/integration/images tests/integration/cli tests/e2e tests/telemetry
unexport PYTHONDONTWRITEBYTECODE
MEMBERS := $(wildcard libs/*/pyproject.toml services/*/pyproject.toml)
SERVICES := $(notdir $(patsubst %/,%,$(dir $(wildcard services/*/pyproject.toml))))
VERSION = $(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
REVISION = $(shell git rev-parse HEAD 2>/dev/null || echo unknown)
BUILD = docker buildx build --load --file deploy/images/Dockerfile --build-arg VERSION=$(VERSION) --build-arg REVISION=$(REVISION)

.DEFAULT_GOAL := help
.PHONY: help setup demo up down test test-unit test-explore test-fault test-docker lint check bench catalogue fmt clean distclean \
	image images secrets engine

help: ## what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: $(SYNCED) ## install everything into this folder, and Chromium where the system lets us
	@deploy/setup/chromium.sh

$(TOOLS)/bin/uv:
	@$(PYTHON) -c 'import sys; sys.exit("Voltlog needs Python 3.11 or newer; this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(TOOLS)
	$(TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check 'uv==$(UV_VERSION)'

$(SYNCED): uv.lock pyproject.toml $(MEMBERS) | $(filter $(TOOLS)/bin/uv,$(UV))
	$(UV) sync --frozen --all-packages --quiet
	@touch $@

demo: $(SYNCED) ## the local stack with simulated cars, until Ctrl-C
	./voltlog up

up: $(SYNCED) ## the same in the background
	./voltlog up --detach

down: $(SYNCED) ## stop it
	./voltlog down

test: setup ## unit, contract, architecture, integration, e2e with two kills, browser
	@out=$$(mktemp -d); trap 'rm -rf "$$out"' EXIT; \
	$(PYTEST) -m 'not fault' $(ALONE) >"$$out/alone" 2>&1 & alone=$$!; \
	$(PYTEST) -m 'not fault' --durations 5 $(LOG) >"$$out/log" 2>&1 & log=$$!; \
	$(PYTEST) -m 'not fault' --durations 5 $(addprefix --ignore=,$(ALONE) $(LOG)); bad=$$?; \
	wait $$alone || bad=1; cat "$$out/alone"; wait $$log || bad=1; cat "$$out/log"; exit $$bad

test-unit: $(SYNCED) ## only what needs no broker
	$(PYTEST) tests/unit tests/contract tests/architecture

test-explore: $(SYNCED) ## the property tests with new random examples; what they find becomes a test of its own
	VOLT_EXPLORE=1 $(PYTEST) tests/unit tests/contract

test-fault: $(SYNCED) ## kill -9 of everything under load, then compare what was acknowledged with what is stored
	$(PYTEST) -m fault --timeout 0 -s tests/fault

test-docker: engine $(SYNCED) ## the same integration tests on containers (needs a Docker engine; CI runs them on the embedded servers)
	VOLT_TEST_CONTAINERS=1 $(PYTEST) -m 'kafka or postgres' tests/integration

lint: $(SYNCED) ## ruff, mypy strict, import rules
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy libs services tests benchmarks deploy
	$(VENV)/bin/lint-imports

check: lint test ## what CI runs

bench: $(SYNCED) ## the figures: rates, latencies, CPU per message, beside a minimal central system
	$(VENV)/bin/python -m benchmarks

catalogue: $(SYNCED) ## write deploy/asyncapi.yaml and the tables that come from the code
	$(VENV)/bin/python -m volt_cli.catalogue

engine:
	@deploy/images/engine.sh

image: ## the container image of one service: make image SERVICE=gateway (needs a Docker engine)
	@$(if $(and $(filter 1,$(words $(SERVICE))),$(filter $(SERVICE),$(SERVICES))),:,echo 'make image SERVICE=name, where name is one of: $(SERVICES)' >&2; exit 2)
	@deploy/images/engine.sh build
	$(BUILD) --build-arg SERVICE=$(SERVICE) --tag voltlog-$(SERVICE):$(VERSION) .

images: ## the images of all services and of the voltlog command (needs a Docker engine)
	@deploy/images/engine.sh build
	$(BUILD) --target voltlog --tag voltlog:$(VERSION) .
	@for name in $(SERVICES); do $(MAKE) --no-print-directory image SERVICE=$$name || exit 1; done

secrets: .env ## fresh secrets for docker compose, where there are none yet

.env:
	@umask 077 && for name in POSTGRES_PASSWORD VOLT_CONSOLE_DB_PASSWORD VOLT_TOKEN_SECRET; do \
		echo "$$name=$$($(PYTHON) -c 'import secrets; print(secrets.token_hex(32))')" || exit 1; \
	done > $@.unfinished && mv $@.unfinished $@
	@echo '.env has three secrets now. Keep it: they fit the data that the stack will have.'

fmt: $(SYNCED) ## format and fix what can be fixed
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

clean: $(SYNCED) ## stop the stack and forget its data
	./voltlog forget

distclean: clean ## and everything that was installed here
	rm -rf $(VENV) $(TOOLS) .voltlog
