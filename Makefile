# Five Views: 'make help' lists what there is to make.
PYTHON ?= python3
SCALE  ?= smoke
JOBS   ?= 2

VENV  := .venv
BIN   := $(VENV)/bin
STAMP := $(VENV)/installed
SNAKE := $(VENV)/snakemake

# In a container everyone is root, and Jupyter asks to be told that this is meant.
AS_ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)

.DEFAULT_GOAL := help
.PHONY: help book test lab bench student sync reruns lock clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

book: $(STAMP) ## run every notebook (SCALE=smoke|lab|full) and build _build/html/index.html
	@$(BIN)/python -m fiveviews.book build --scale $(SCALE) --jobs $(JOBS)

test: $(STAMP) ## run everything that guards the project
	@$(BIN)/python -m pytest --numprocesses $(JOBS)

lab: $(STAMP) ## open the notebooks in JupyterLab on this machine
	@$(BIN)/jupyter lab --ServerApp.ip=localhost --ServerApp.root_dir=book $(AS_ROOT)

bench: $(STAMP) ## time the fast renderers against the readable ones
	@$(BIN)/python -m fiveviews.render.bench

student: $(STAMP) ## write copies of the notebooks without solutions to _build/student
	@$(BIN)/python -m fiveviews.book student

sync: $(STAMP) ## after editing a lesson's .md: write the .ipynb beside it
	@$(BIN)/python -m fiveviews.book sync

reruns: $(STAMP) $(SNAKE)/installed ## say what a rerun at full scale does (SCALE=...), and how to start it
	@$(SNAKE)/bin/snakemake -s book/reruns/Snakefile -n --quiet rules --config scale=$(SCALE)
	@sed -n '2,11s/^# *//p' book/reruns/Snakefile | sed 's|snakemake -s|$(SNAKE)/bin/snakemake -s|'

clean: ## remove everything that was built, but not the environment, data or runs
	rm -rf _build .pytest_cache .ruff_cache .hypothesis

# The stamp is written last, so that an install cut short is taken up again.
$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed, but '$(PYTHON)' is $$($(PYTHON) --version 2>&1)." \
	       "Try: make PYTHON=python3.11 ..." >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { \
	  echo "'$(PYTHON) -m venv' failed; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@echo "Installing the locked environment into $(VENV) (a few minutes, once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
	  --requirement requirements.lock --editable .
	@$(BIN)/jupyter labextension disable --level=sys_prefix \
	  '@jupyterlab/apputils-extension:announcements' >/dev/null 2>&1 # it asks the network for news
	@touch $@

# Snakemake brings half a hundred packages, of which the book needs none.
$(SNAKE)/installed: book/reruns/requirements.lock
	@$(PYTHON) -m venv $(SNAKE)
	@echo "Installing Snakemake into $(SNAKE) (a minute, once)"
	@$(SNAKE)/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

# Resolved in a throw-away environment from pyproject.toml alone. TORCH is the newest version of which
# the package index also has a CPU build; the suffix of that build is left out of the lock.
TORCH ?= 2.13.0
lock:
	rm -rf _build/lock && $(PYTHON) -m venv _build/lock
	_build/lock/bin/python -m pip install --quiet torch==$(TORCH) --editable '.[book,test]'
	_build/lock/bin/python -m pip check
	{ sed -n '/^#/p' requirements.lock; \
	  _build/lock/bin/python -m pip freeze --exclude-editable | sed 's/+[a-z0-9.]*$$//'; } > _build/new.lock
	mv _build/new.lock requirements.lock && rm -rf _build/lock
