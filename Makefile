# Thin on purpose: the logic is in local/, tests/ and layers/. `make help` lists the targets.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh

PYTHON ?= python3
DEV := .venv/dev/bin
SAM := .venv/sam/bin
# In as many processes as there are cores; each runs whole files, the slowest suites first.
PYTEST = $(DEV)/python -m pytest --numprocesses=auto --quiet
# One lock for every Python and platform; neither an index's address nor a path gets into it.
COMPILE = .venv/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate $(UPGRADE)

# What a user gives to a command travels as an environment variable, never as text of a command line, and
# is never expanded by make: $(value) takes it as it was typed. Only the command line counts, because some
# shells have variables of these names themselves (zsh: PROMPT, WSL: NAME).
given = $(if $(filter command,$(firstword $(origin $(1)))),$(value $(1)))
export DEMO_PROMPT := $(call given,PROMPT)
export DEMO_N := $(call given,N)
export DEMO_STYLE := $(call given,STYLE)
export DEMO_FILE := $(call given,FILE)
export KEY_NAME := $(call given,NAME)
export KEY_STACK := $(call given,STACK)
export RECONCILE_TASK := $(call given,TASK)
export GUARDS_IN := $(call given,IN)
export TEST_PATH := $(call given,T)
unexport PROMPT N STYLE FILE NAME STACK TASK IN T

# The tests' idea of time must not depend on the machine's; sam must neither call home nor ask for an update.
export TZ := UTC
export SAM_CLI_TELEMETRY := 0

.PHONY: help
help: ## Show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: demo
demo: env-all ## Chat once, make pictures, save them in out/  [PROMPT=".." N=4 STYLE="<sketch>"]
	@$(DEV)/python -m local.demo.images

.PHONY: demo-bulk
demo-bulk: env-all ## Make the pictures of a file of prompts, save them in out/  [FILE=events/bulk/prompts.jsonl]
	@$(DEV)/python -m local.demo.bulk

.PHONY: test
test: env-all ## Run all tests, on all cores
	@$(PYTEST)

.PHONY: test-unit
test-unit: env-dev ## Run the quick tests, or those of one file or folder  [T=tests/unit/tongyi/models]
	@$(PYTEST) "$${TEST_PATH:-tests/unit}"

.PHONY: test-standin
test-standin: env-dev ## Run the tests of the stand-in for DashScope
	@$(PYTEST) tests/standin

.PHONY: test-integration
test-integration: env-all ## Run the tests of the gateway and its state machines in one process
	@$(PYTEST) tests/integration tests/workflow

.PHONY: test-embedded
test-embedded: env-all ## Run the tests of the gateway deployed on the embedded stack
	@$(PYTEST) tests/embedded

.PHONY: test-long
test-long: env-dev ## Live through 2,000 made-up histories of faults and ten storms, interrupt a task everywhere, twice
	@HISTORIES=2000 STORMS=10 SWEEP=all $(PYTEST) \
		tests/workflow/crashes/test_crash_points.py tests/integration/workflow/test_storms.py tests/unit/tongyi/test_histories.py

.PHONY: coverage
coverage: env-all ## Run all tests, and show which lines and branches none of them runs
	@$(PYTEST) --cov --cov-report=term:skip-covered

.PHONY: guards
guards: env-dev ## Remove the guards of the package one by one: a test must fail each time  [IN=send_job]
	@$(DEV)/python -m tests.guards

.PHONY: fix
fix: env-dev ## Format the code, and mend what the linter can mend
	@$(DEV)/ruff check --fix-only --quiet .
	@$(DEV)/ruff format --quiet .

.PHONY: check
check: env-check ## Read only: format, lint, types, template, workflow
	@$(DEV)/ruff format --check .
	@$(DEV)/ruff check .
	@$(DEV)/mypy
	@$(SAM)/sam validate --lint --template template.yaml
	@mkdir -p .local
	@$(SAM)/python -m local.tools.translate template.yaml > .local/translated.json
	@$(DEV)/cfn-lint --config-file local/cfn-lint.yaml -- .local/translated.json
	@for name in functions/*.asl.json; do $(DEV)/statelint --ignore=URI $$name || exit 1; done

.PHONY: up
up: env-all ## Start the embedded stack and leave it running
	@PYTHONPATH=layers/tongyi $(DEV)/python -m local.stack.background up

.PHONY: down
down: ## Stop it and forget its state
	@$(PYTHON) -m local.stack.background down

.PHONY: key
key: env-dev ## Issue an API key: NAME=alice [STACK=deployed-stack]
	@PYTHONPATH=layers/tongyi $(DEV)/python -m local.tools.issue_key

.PHONY: webhook-secret
webhook-secret: env-dev ## Show the secret of webhooks for orders by message or file: NAME=alice [STACK=..]
	@PYTHONPATH=layers/tongyi $(DEV)/python -m local.tools.webhook_secret

.PHONY: reconcile
reconcile: env-dev ## See to tasks that were left behind, at once  [TASK=id STACK=deployed-stack]
	@PYTHONPATH=layers/tongyi $(DEV)/python -m local.tools.reconcile

.PHONY: build
build: env-sam ## Build what `sam deploy` uploads (arm64, python3.13)
	@PYTHON="$(CURDIR)/$(SAM)/python" $(SAM)/sam build

.PHONY: bench
bench: env-all ## Run the benchmarks
	@$(DEV)/python -m pytest tests/benchmarks --capture=no

.PHONY: openapi
openapi: env-dev ## Make docs/openapi.yaml anew from the code
	@PYTHONPATH=layers/tongyi $(DEV)/python -m local.openapi

.PHONY: lock
lock: env-lock ## Make the locked requirements anew from the .in files  [UPGRADE=--upgrade]
	@$(COMPILE) layers/dependencies/requirements.in --output-file layers/dependencies/requirements.txt
	@for name in dev sam ministack lock; do \
		$(COMPILE) requirements/$$name.in --output-file requirements/$$name.txt || exit 1; \
	done

.PHONY: clean
clean: down ## Stop the stack, remove what was built or downloaded
	rm -rf .venv .local .aws-sam out .coverage .mypy_cache .ruff_cache .pytest_cache .hypothesis

# Always asked, quick when nothing has to be done: see local/tools/environment.py.
.PHONY: env-all env-check env-dev env-sam env-lock
env-all: names := dev sam ministack
env-check: names := dev sam
env-dev env-sam env-lock: names = $(patsubst env-%,%,$@)
env-all env-check env-dev env-sam env-lock:
	@$(PYTHON) -m local.tools.environment $(names)
