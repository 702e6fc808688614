# `make` alone prints this list. Every target works where only Python 3.11+, make and git are installed; demo, test,
# proof and bench also need Google's Firestore emulator, and say in one sentence how to have it where it cannot be fetched.

SHELL := /bin/bash
PORT_BASE ?= 18000
BENCH ?= relay_race tool_to_page live_queue organisations webhook knowledge watch_deaths watch_cycles hang_up first_loud \
	capacity
UV := $(shell command -v uv 2>/dev/null || echo .holdline/uv/bin/uv)
RUN := $(UV) run --no-sync

.DEFAULT_GOAL := help
.PHONY: help setup demo call test check proof bench format

help: ## print this list
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/  make \1	\2/p' $(MAKEFILE_LIST) | expand -t 16

demo: setup ## start the whole product here, and say where to look (PORT_BASE=18000)
	@exec $(RUN) holdline up --port-base $(PORT_BASE)

call: setup ## place a recorded caller into the running stack (ANSWER=auto answers without a person)
	@exec $(RUN) holdline call --port-base $(PORT_BASE) $(if $(ANSWER),--answer "$(ANSWER)")

test: setup ## the suite: unit, emulators, whole stack, browser
	@$(RUN) holdline prepare
	@$(RUN) python -m local.chromium
	@$(RUN) python -m local.redis
	@$(RUN) pytest -m "not proof"

check: setup ## lint, format, types, lock and what is deployed: what is asked before the tests
	$(RUN) ruff format --check .
	$(RUN) ruff check .
	$(RUN) mypy
	$(UV) lock --check
	$(RUN) hadolint agent/Dockerfile dashboard/Dockerfile functions/Dockerfile
	$(RUN) check-jsonschema --builtin-schema vendor.compose-spec compose.yaml
	$(RUN) check-jsonschema --builtin-schema vendor.cloudbuild dashboard/cloudbuild.yaml
	$(RUN) check-jsonschema --schemafile deploy/schemas/fly.json fly.toml dashboard/fly.toml
	$(RUN) check-jsonschema --schemafile deploy/schemas/firebase.json firebase.json
	$(RUN) check-jsonschema --schemafile deploy/schemas/firestore_indexes.json firestore.indexes.json
	@if docker compose version >/dev/null 2>&1; then \
	set -x; LIVEKIT_API_KEY=any LIVEKIT_API_SECRET=any docker compose --profile "*" config --quiet; \
	else echo "Docker Compose is not here: compose.yaml is held to the schema alone."; fi

proof: setup ## what takes too long for every commit
	@$(RUN) holdline prepare
	@$(RUN) python -m local.chromium
	@$(RUN) pytest -m proof

bench: setup ## measure it all on this machine, into bench/results (BENCH="relay_race webhook" for some)
	@$(RUN) holdline prepare
	@$(RUN) python -m local.chromium
	@for name in $(BENCH); do echo "== $$name"; $(RUN) python -m bench.$$name || exit 1; done
	@$(RUN) python -m bench.page

format: setup ## put the code into shape
	$(RUN) ruff format .
	$(RUN) ruff check --fix .

setup: | $(UV)
	@$(UV) sync --quiet --locked --inexact

# Only where there is no uv on PATH; into the checkout, because the system's Python may not be ours to change.
.holdline/uv/bin/uv:
	@echo "uv is not on PATH: installing it into .holdline/uv"
	@local/install_uv .holdline/uv
