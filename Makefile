# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# `make` lists the targets. Each sets up what it needs in a virtual environment, .venv, and leaves the rest
# of the machine alone.

PYTHON ?= python3
VENV ?= .venv
# how many tests run at once: one more than two cores can serve, since some wait now and then
WORKERS ?= 3
# which tests `make test` runs: all, or the folders that are named
TESTS ?=

ROOT := $(CURDIR)
BIN := $(VENV)/bin
# Ansible finds a collection only in a folder ansible_collections/NAMESPACE/NAME: a link to the checkout is there
TREE := $(VENV)/collections
PACKAGE := ansible_collections/superoffice/crm

export PATH := $(ROOT)/$(BIN):$(PATH)
# never let Ansible look for a Python by itself: it would find one without requests
export ANSIBLE_PYTHON_INTERPRETER := $(ROOT)/$(BIN)/python
# this checkout, and not a release in ~/.ansible/collections, which would come first
export ANSIBLE_COLLECTIONS_PATH := $(ROOT)/$(TREE)
# localhost needs no inventory here
export ANSIBLE_LOCALHOST_WARNING := False
export ANSIBLE_INVENTORY_UNPARSED_WARNING := False
unexport PYTHONHOME PYTHONPATH VIRTUAL_ENV

NETSERVER := tests/netserver/requirements.txt
DEMO := requirements/demo.txt $(NETSERVER)
TEST := requirements/test.txt requirements/matrix.txt $(DEMO)
LINT := requirements/lint.txt $(TEST)
BENCH := requirements/bench.txt $(DEMO)

.DELETE_ON_ERROR:
.PHONY: help demo test slow lint ruff yamllint ansible-lint typing docs-lint changelog-lint sanity \
	reliability integration bench lock matrix importer walk docs build clean

help: ## list the targets (default)
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' Makefile

demo: $(VENV)/.demo ## show the collection at work against the embedded NetServer
	@$(BIN)/python tools/demo.py

test: $(VENV)/.test ## run all tests
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(TESTS)

slow: $(VENV)/.test ## run the tests that `make test` leaves out (some minutes)
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal --hypothesis-profile new-examples \
		-m slow $(TESTS)

reliability: $(VENV)/.test ## prove docs/reliability.md, and write its figures (some minutes)
	@rm -rf build/reliability
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal --hypothesis-profile new-examples -q \
		-m "slow or not slow" tests/reliability
	@$(BIN)/python -m tests.reliability.figures

integration: $(VENV)/.test ## run the integration targets only
	@$(BIN)/python -m pytest -n $(WORKERS) tests/integration

# make bench QUICK=1 takes about a minute, and writes nothing
bench: $(VENV)/.bench ## measure the speed, half an hour, into docs/performance.md
	@$(BIN)/python -m tests.benchmarks $(if $(QUICK),--quick)

lint: ruff yamllint ansible-lint typing docs-lint changelog-lint sanity ## run all linters
	@echo 'lint: all clean'

ruff: $(VENV)/.lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

yamllint: $(VENV)/.lint
	$(BIN)/yamllint -s .

ansible-lint: $(VENV)/.lint
	$(BIN)/ansible-lint --offline -q

typing: $(VENV)/.lint ## check the types
	MYPYPATH=$(TREE) $(BIN)/mypy $(TREE)/$(PACKAGE)/plugins tests tools

# --skip-rstcheck: its temporary folders can end in an underscore, which it then takes for a broken link
docs-lint: $(VENV)/.lint
	$(BIN)/antsibull-docs lint-collection-docs --plugin-docs --skip-rstcheck --validate-collection-refs all .

changelog-lint: $(VENV)/.lint
	$(BIN)/antsibull-changelog lint

sanity: $(VENV)/.lint ## run ansible-test sanity on the Python of the virtual environment
	$(BIN)/python tools/ansible_test.py sanity --color no --python \
		$$($(BIN)/python -c 'import sys; print("%d.%d" % sys.version_info[:2])')

# ROWS="2.16 2.21-3.13" for some of them, see tools/matrix.py
matrix: $(VENV)/.base ## run sanity, units, integration and pytest on every supported ansible-core
	@$(BIN)/python tools/matrix.py $(ROWS)

importer: build $(VENV)/.importer ## import the artefact as Galaxy does
	@$(VENV)/importer/bin/python tools/importer.py

walk: $(VENV)/.test ## follow the README in a new clone, command by command
	@$(BIN)/python -m pytest -m slow tests/docs/test_readme.py

docs: $(VENV)/.docs ## build the site into build/site/html
	@$(BIN)/python tools/docs.py

build: $(VENV)/.demo ## build the artefact into build/dist
	@rm -rf build/dist
	$(BIN)/ansible-galaxy collection build --force --output-path build/dist

clean: ## remove the virtual environment and all that was built
	rm -rf $(VENV) build collections tests/output .hypothesis .mypy_cache .pytest_cache .ruff_cache .ansible

# after a change of requirements/*.txt: which files of which versions may be installed, on every supported Python
lock: $(VENV)/.base ## write the hashes of all development requirements anew
	@$(LOCK) requirements/dev.txt requirements/lint.txt requirements/docs.txt requirements/bench.txt \
		--output-file requirements/lock.txt
	@$(LOCK) requirements/importer.txt --output-file requirements/lock-importer.txt
	@$(LOCK) requirements/uv.txt --output-file requirements/lock-uv.txt

LOCK = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	--custom-compile-command 'make lock'

# --compile-bytecode: where PYTHONDONTWRITEBYTECODE is set, Ansible would be compiled anew at every start
INSTALL = $(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python \
	--require-hashes --constraint requirements/lock.txt --requirement

$(VENV)/.base:
	@command -v "$(PYTHON)" > /dev/null 2>&1 \
		|| { echo 'Python 3.11 or newer is needed, and there is no "$(PYTHON)"; name one with: make PYTHON=/path/to/python' >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null \
		|| { echo 'Python 3.11 or newer is needed, and "$(PYTHON)" is not; name one with: make PYTHON=/path/to/python' >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2> /dev/null \
		|| { echo '"$(PYTHON)" cannot make virtual environments; on Debian and Ubuntu install python3-venv.' >&2; exit 1; }
	@echo 'Setting up $(VENV) ...'
	@rm -rf $(VENV)
	@"$(PYTHON)" -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--require-hashes --requirement requirements/lock-uv.txt
	@mkdir -p $(TREE)/ansible_collections/superoffice
	@ln -s ../../../.. $(TREE)/$(PACKAGE)
	@echo '../../../collections' > "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/superoffice_crm.pth"
	@touch $@

$(VENV)/.demo: $(VENV)/.base $(DEMO)
	@$(INSTALL) requirements/demo.txt
	@touch $@

$(VENV)/.test: $(VENV)/.base $(TEST)
	@$(INSTALL) requirements/test.txt
	@touch $@

$(VENV)/.bench: $(VENV)/.base $(BENCH)
	@$(INSTALL) requirements/bench.txt
	@touch $@

$(VENV)/.lint: $(VENV)/.base $(LINT)
	@$(INSTALL) requirements/lint.txt
	@touch $@

$(VENV)/.docs: $(VENV)/.base requirements/docs.txt $(DEMO)
	@$(INSTALL) requirements/docs.txt
	@touch $@

# in a virtual environment of its own, for it pins older libraries
$(VENV)/.importer: $(VENV)/.base requirements/importer.txt
	@$(BIN)/python -m venv $(VENV)/importer
	@$(BIN)/uv pip install --quiet --python $(VENV)/importer/bin/python \
		--require-hashes --constraint requirements/lock-importer.txt --requirement requirements/importer.txt
	@touch $@
