# Everything that a person or CI runs; `make` alone lists it.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
ENV := .venv
BIN := $(ENV)/bin
CHIP := $(BIN)/chip-channel
export UV_PYTHON_DOWNLOADS := never
export DO_NOT_TRACK := 1
export PATH := $(CURDIR)/$(BIN):$(PATH)

.DEFAULT_GOAL := help
.PHONY: help run up down status clean sql test test-unit lint bench faults contracts lock env env-dev

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

run: env ## run everything on the sample world until all is published, and say what came of it
	@$(CHIP) local run

up: env ## start PostgreSQL and Airflow and leave them running
	@$(CHIP) local up

down: env ## stop them; what they hold stays
	@$(CHIP) local down

status: env ## what runs, and where the pipeline stands
	@$(CHIP) local status

clean: env ## stop everything and remove what the runs left behind
	@$(CHIP) local clean
	@rm -rf build

sql: env ## rows of a query as CSV: make sql Q="select …"
	@$(CHIP) sql "$(Q)"

test: lint ## all checks and tests, on real PostgreSQL, Airflow, dbt and Great Expectations
	@$(BIN)/python -m pytest $(addprefix tests/,rebates publish warehouse report api intake dags architecture unit) -n 2 --dist loadfile --no-loadscope-reorder --durations 10
	@$(BIN)/python -m pytest tests/e2e

test-unit: env-dev ## the fast tests
	@$(BIN)/python -m pytest tests/unit

lint: env-dev ## style, types, SQL, layers, drift of what is generated
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy plugins dags benchmarks
	@$(BIN)/yamllint -s .
	@$(BIN)/lint-imports
	@$(BIN)/sqlfluff lint dbt_project -p 0
	@$(BIN)/python -m chip_channel.contracts.drift

bench: env-dev ## measure, print a table, write build/bench.json; make bench ONLY=name for one
	@$(BIN)/python -m benchmarks $(if $(ONLY),--only $(ONLY))

faults: env-dev ## kill, cut and fill things up, and print what was lost: nothing
	@$(BIN)/python -m benchmarks.faults

contracts: env ## generate what follows from the contracts
	@$(CHIP) contracts

lock: $(ENV)/.uv ## resolve the lock files again
	@$(BIN)/uv pip compile -q pyproject.toml --generate-hashes --python-version 3.11 --no-emit-index-url --no-annotate --no-header -o requirements.lock
	@$(BIN)/uv pip compile -q pyproject.toml --extra dev -c requirements.lock --generate-hashes --python-version 3.11 --no-emit-index-url --no-annotate --no-header -o requirements-dev.lock

env: $(ENV)/.env
env-dev: $(ENV)/.env-dev

$(ENV)/.uv: requirements-uv.lock
	@$(PYTHON) -m venv $(ENV)
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-uv.lock
	@touch $@

# bytecode is compiled at once: without it the first import of great_expectations takes 30 s
$(ENV)/.env: requirements.lock pyproject.toml | $(ENV)/.uv
	@echo "Environment from requirements.lock …"
	@$(BIN)/uv pip install -q -p $(BIN)/python --require-hashes --compile-bytecode -r requirements.lock
	@$(BIN)/uv pip install -q -p $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

$(ENV)/.env-dev: requirements-dev.lock $(ENV)/.env
	@$(BIN)/uv pip install -q -p $(BIN)/python --require-hashes --compile-bytecode -r requirements-dev.lock
	@touch $@
