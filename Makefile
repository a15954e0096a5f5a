# make help says what there is.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
TOOLS := $(VENV)/.tools-ready
ACCEPTANCE := $(BIN)/python -m support.commands
STACK ?=
JOBS ?=
SERVERS ?=
BEHAVE_ARGS ?=
MUTATE_ARGS ?=
SETTINGS = $(if $(STACK),-D stack=$(STACK)) $(if $(JOBS),-D jobs=$(JOBS)) $(BEHAVE_ARGS)
PYTEST = $(BIN)/python -m pytest -n auto --dist loadgroup

.PHONY: help setup accept preflight test unit quick lint report matrix prove mutate bench clean
.DEFAULT_GOAL := help

help: ## what there is
	@echo "Acceptance suite for Executor v1"
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1	\2/' | expand -t 18
	@echo "After make setup:  . $(VENV)/bin/activate  and then behave, behave --tags=@P0, behave --tags=@TC-03, …"

setup: $(READY) ## a virtual environment with all that is needed

$(READY): requirements.txt docker/executor/requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed; name one with  make PYTHON=python3.11 …"; exit 2; }
	@echo "Setting up $(VENV), once; this takes about half a minute …"
	@$(PYTHON) -m venv $(VENV) || { \
	  echo "A virtual environment could not be made; on Debian and Ubuntu: apt-get install python3-venv"; exit 2; }
	@$(BIN)/pip install --quiet --disable-pip-version-check --use-pep517 -r requirements.txt
	@touch $(READY)

$(TOOLS): $(READY) requirements-dev.txt
	@echo "Adding what tests and linters need, once …"
	@$(BIN)/pip install --quiet --disable-pip-version-check --use-pep517 -r requirements-dev.txt
	@touch $(TOOLS)

accept: $(READY) ## run the ten test cases; ends with the decision and its exit status; STACK=compose: in containers
	@$(ACCEPTANCE) run $(SETTINGS)

preflight: $(READY) ## is everything there to judge an executor that runs already? docs/your-executor.md
	@$(ACCEPTANCE) preflight $(BEHAVE_ARGS)

test: ## everything CI runs: lint, the suite's own tests, the ten test cases on MySQL and on MariaDB
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory unit
	@$(MAKE) --no-print-directory accept
	@$(MAKE) --no-print-directory accept BEHAVE_ARGS='$(BEHAVE_ARGS) -D server=mariadb-10.11 -D reports=reports/mariadb-10.11'

lint: $(TOOLS) ## style, types and import contracts of the code
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/mypy --no-error-summary
	@PYTHONPATH=docker/executor $(BIN)/lint-imports --no-logo

unit: $(TOOLS) ## the suite's and the bundled executor's own tests, side by side
	@$(PYTEST)

quick: $(TOOLS) ## those of them that start no other program: half a minute, for the loop of a change
	@$(PYTEST) --quick

report: $(READY) ## make result log and Allure report of the newest run again (Allure needs Node.js)
	@$(ACCEPTANCE) signoff latest; test $$? -ne 2 && $(ACCEPTANCE) report

matrix: $(READY) ## run the ten test cases on every server that can be fetched; ends with one table
	@$(ACCEPTANCE) matrix $(SERVERS)

mutate: $(TOOLS) ## mutate the decision code of the bundled executor: how many changes do the ten test cases notice
	@$(ACCEPTANCE) mutate $(MUTATE_ARGS)

prove: $(READY) ## prove that every test case can fail: over a hundred broken executors, each has to be caught
	@$(ACCEPTANCE) prove --into reports

bench: $(READY) ## where the time of a full run goes
	@$(ACCEPTANCE) bench $(SETTINGS)

clean: ## remove what setup and runs have made
	rm -rf $(VENV) .servers .tools reports/* *.egg-info tests/node_executor/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
