# Copyright (c) 2026, the superoffice.crm authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# `make` lists the targets. Each sets up what it needs in a virtual environment, .venv, and leaves the rest
# of the machine alone.

PYTHON ?= python3
VENV ?= .venv
# how many tests run at once: one more than two cores can serve, since some wait now and then
WORKERS ?= 3

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
# Ansible's temporary files and caches, and the folders of modules that run
export ANSIBLE_HOME := $(ROOT)/$(VENV)/ansible
export ANSIBLE_REMOTE_TEMP := $(ANSIBLE_HOME)/tmp
export ANSIBLE_ASYNC_DIR := $(ANSIBLE_HOME)/async
export MPLCONFIGDIR := $(ROOT)/build/matplotlib
unexport PYTHONHOME PYTHONPATH VIRTUAL_ENV
# bytecode: where PYTHONDONTWRITEBYTECODE is set, Ansible would be compiled anew at every start
export UV_COMPILE_BYTECODE := 1

# what may be installed: the groups of pyproject.toml, in the versions and with the hashes of this file
LOCK := requirements/dev.txt

.DELETE_ON_ERROR:
.PHONY: help demo test e2e slow reliability bench lint nox typing changelog-lint sanity \
	matrix importer walk docs build lock clean

help: ## list the targets (default)
	@awk 'BEGIN { FS = ":.*## " } /^[a-z0-9-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' Makefile

demo: $(VENV)/.demo ## show the collection at work against the embedded NetServer
	@$(BIN)/python tools/demo.py

test: TESTS ?= tests/reliability tests/modules tests/contract tests/unit
test: $(VENV)/.test ## run the tests of decisions, modules and faults; TESTS=tests/unit for some
	@$(PYTEST) --durations 15 $(TESTS)

# the longest first, so that no worker is left alone with one at the end
e2e: TESTS ?= tests/integration tests/gitops tests/docs tests/artefact tests/proxies
e2e: $(VENV)/.test ## run the tests of role, playbooks, reports, pipelines, pages, artefact and proxies
	@$(PYTEST) --durations 15 $(TESTS)

PYTEST = $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

slow: $(VENV)/.test ## run the tests that are too slow for `make test` and `make e2e`
	@$(PYTEST) --hypothesis-profile new-examples -m slow $(TESTS)

reliability: $(VENV)/.test ## prove docs/reliability.md, and write its figures (some minutes)
	@rm -rf build/reliability
	@$(PYTEST) --hypothesis-profile new-examples -q -m "slow or not slow" tests/reliability
	@$(BIN)/python -m tests.reliability.figures

# make bench QUICK=1 takes about a minute, and writes nothing
bench: $(VENV)/.bench ## measure the speed, 5 minutes, into docs/performance.md
	@$(BIN)/python -m tests.benchmarks $(if $(QUICK),--quick)

lint: nox typing changelog-lint sanity ## run all linters
	@echo 'lint: all clean'

# CI: nothing is changed
nox: $(VENV)/.lint | $(HOME_IN_BUILD) ## run the linters of antsibull-nox.toml; SESSIONS="yamllint ansible-lint" for some
	@CI=true $(NOX) $(if $(SESSIONS),--sessions $(SESSIONS))

# antsibull-docs leaves a log in the home of the account: it gets another one, with its caches and settings
HOME_IN_BUILD := $(ROOT)/build/home
$(HOME_IN_BUILD):
	@mkdir -p $@
	@for name in .cache .config; do if [ -e "$$HOME/$$name" ]; then ln -s "$$HOME/$$name" $@; fi; done

# each session has a virtual environment of its own in .nox
NOX = UV_CONSTRAINT=$(ROOT)/$(LOCK) HOME=$(HOME_IN_BUILD) $(BIN)/nox --reuse-existing-virtualenvs --default-venv-backend uv

typing: $(VENV)/.lint ## check the types
	MYPYPATH=$(TREE) $(BIN)/mypy $(TREE)/$(PACKAGE)/plugins tests tools noxfile.py

changelog-lint: $(VENV)/.lint
	$(BIN)/antsibull-changelog lint

sanity: $(VENV)/.lint ## run ansible-test sanity on the Python of the virtual environment
	$(BIN)/python tools/ansible_test.py sanity --color no --python \
		$$($(BIN)/python -c 'import sys; print("%d.%d" % sys.version_info[:2])')

# pyenv offers its interpreters only where PYENV_VERSION names them
matrix: $(VENV)/.lint | $(HOME_IN_BUILD) ## test every supported ansible-core, into docs/support.md; ROWS=2.16-3.12 for one
	@PYENV_VERSION=$$(pyenv versions --bare 2> /dev/null | sort -rV | paste -sd : -) \
		$(NOX) $(NOXFLAGS) $(if $(ROWS),--sessions $(ROWS:%=matrix-%),--tags matrix)
	@$(if $(ROWS),,$(NOX) --sessions support_matrix)

# ruff's formatter breaks lines as W503 and E203 of flake8 do not want it; and examples import playbooks of
# the collection, which is not installed there
importer: $(VENV)/.lint | $(HOME_IN_BUILD) ## build the artefact and import it as Galaxy does, without a complaint
	@mkdir -p build
	@$(NOX) --sessions build-import-check > build/importer.log 2>&1 || { cat build/importer.log; exit 1; }
	@! grep -E '^(ERROR|WARNING|CRITICAL)' build/importer.log \
		| grep -vE ': (W503|E203) |Failed to find superoffice\.crm\.\w+ playbook'
	@tail -n 3 build/importer.log

walk: $(VENV)/.test ## follow the README in a new clone, command by command
	@$(BIN)/python -m pytest -m slow tests/docs/test_readme.py

docs: $(VENV)/.docs | $(HOME_IN_BUILD) ## build the site into build/site/html
	@$(BIN)/python tools/docs.py
	@HOME=$(HOME_IN_BUILD) $(BIN)/antsibull-docs collection --use-current --squash-hierarchy --fail-on-error \
		--dest-dir build/site/rst/reference superoffice.crm
	@$(BIN)/python tools/docs.py reference
	@$(BIN)/python -m sphinx -b html -c build/site -W --keep-going -q build/site/rst build/site/html

build: $(VENV)/.demo ## build the artefact into build/dist
	@rm -rf build/dist
	$(BIN)/ansible-galaxy collection build --force --output-path build/dist

clean: ## remove the virtual environment and all that was built
	rm -rf $(VENV) .nox build collections tests/output .hypothesis .mypy_cache .pytest_cache .ruff_cache .ansible

# UPGRADE=--upgrade for the newest of everything
lock: $(VENV)/.base ## export the groups of pyproject.toml with versions and hashes
	@$(EXPORT) --group dev --generate-hashes --output-file $(LOCK)
	@$(EXPORT) --group netserver --constraint $(LOCK) --output-file tests/netserver/requirements.txt
	@$(BIN)/uv pip compile --quiet --no-annotate --constraint $(LOCK) $(EXAMPLE)/requirements.in \
		--generate-hashes --python-version 3.12 --output-file $(EXAMPLE)/requirements.txt \
		--custom-compile-command "$$(sed -n 's/^#   //p' $(EXAMPLE)/requirements.in)"

EXAMPLE = docs/examples/gitops

EXPORT = $(BIN)/uv pip compile --quiet --universal --python-version 3.10 --no-annotate \
	--custom-compile-command 'make lock' $(UPGRADE)

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
	@sed -n '/^uv==/,/[^\]$$/p' $(LOCK) > $(VENV)/uv.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $(VENV)/uv.txt
	@mkdir -p $(TREE)/ansible_collections/superoffice
	@ln -s ../../../.. $(TREE)/$(PACKAGE)
	@echo '../../../collections' > "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/superoffice_crm.pth"
	@touch $@

$(VENV)/.%: $(VENV)/.base pyproject.toml $(LOCK)
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --constraint $(LOCK) --group $*
	@touch $@
