# Two commands do everything: `make repro` runs the pipeline, `make test` the tests. Both first make .venv.
.DELETE_ON_ERROR:

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
PYTHON ?= python3
VENV ?= .venv
export PATH := $(abspath $(VENV))/bin:$(PATH)
export MLFLOW_DISABLE_TELEMETRY := true
PIP := $(VENV)/bin/python -m pip --disable-pip-version-check

# Stamps named by content: another lock file installs anew, a fresh checkout of the same one does not.
LOCKED := $(VENV)/.locked-$(shell cat requirements.lock | cksum | tr ' ' -)
INSTALLED := $(VENV)/.installed-$(shell cat requirements.lock pyproject.toml | cksum | tr ' ' -)

# DVC ends with hints on git add, autostage and dvc push, which would stand before the summary. Ctrl-C is for dvc alone.
define WITHOUT_HINTS
/^To track the changes with git/ {hint = 1}
!hint && !/^Use `dvc push`/ {print; fflush()}
/core.autostage/ {hint = 0}
endef
export WITHOUT_HINTS

.PHONY: install repro test check ui applications lock clean
repro: $(INSTALLED)
	@dvc repro | (trap '' INT; exec awk "$$WITHOUT_HINTS")
	@PYTHONPATH=src python -m nashgan summary

test: check
	OMP_NUM_THREADS=1 python -m pytest -n 4 --dist loadfile --no-loadscope-reorder

check: $(INSTALLED)
	ruff check
	ruff format --check
	mypy --num-workers 2
	bandit --quiet --configfile pyproject.toml --recursive src

install: $(INSTALLED)  ## Only make .venv

ui: $(INSTALLED)  ## MLflow on what was tracked
	@echo 'runs: http://127.0.0.1:5000/#/experiments/1?workflowType=machine_learning'
	mlflow ui --backend-store-uri $${MLFLOW_TRACKING_URI:-sqlite:///mlflow.db}

applications: $(INSTALLED)  ## The table of docs/applications.md, measured in at most 90 minutes
	python -m benchmarks.applications

$(LOCKED):
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "nashgan needs Python 3.11 or later: make PYTHON=...")'
	$(PYTHON) -m venv --clear $(VENV)
	@echo "installing the pinned packages into $(VENV): about 5 GB, a few minutes"
	@$(PIP) install --no-deps -r requirements.lock | awk -v all=$$(grep -c '==' requirements.lock) \
	  '/^Collecting/ {printf "\r%d of at most %d packages fetched", ++n, all; fflush()} \
	   /^Installing/ {printf ", unpacking ...\n"; fflush()}'
	@touch $@

$(INSTALLED): $(LOCKED)
	$(PIP) install --quiet --no-deps --editable .
	@touch $@

# Write requirements.lock from pyproject.toml, keeping the versions it has; needs uv. Delete it first to move them all.
# torch and torchvision take ===, which a local build of another kind (torch 2.13.0+cpu) does not satisfy.
LOCK := uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --no-header --no-annotate
lock:
	$(LOCK) --quiet --no-emit-index-url --no-emit-find-links --output-file requirements.lock
	{ echo '# Every package at one version; written by `make lock`. Install with --no-deps: pip must not choose again.'; \
	  sed -E 's/^(torch|torchvision)==/\1===/' requirements.lock; } > requirements.lock.new
	mv requirements.lock.new requirements.lock

clean:  ## Remove the environment; data, models and reports stay
	rm -rf $(VENV)
