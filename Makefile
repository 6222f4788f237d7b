# Two commands do everything: `make repro` runs the pipeline, `make test` the tests. Both first make .venv.
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV ?= .venv
export PATH := $(abspath $(VENV))/bin:$(PATH)
export MLFLOW_DISABLE_TELEMETRY := true

INSTALLED := $(VENV)/.installed

.PHONY: repro test check ui lock clean
repro: $(INSTALLED)
	dvc repro
	@python -m nashgan where

test: check
	python -m pytest

check: $(INSTALLED)
	ruff check
	ruff format --check
	mypy

ui: $(INSTALLED)  ## MLflow on what was tracked
	mlflow ui --backend-store-uri $${MLFLOW_TRACKING_URI:-sqlite:///mlflow.db}

$(INSTALLED): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "nashgan needs Python 3.11 or later; name one with make PYTHON=...")'
	$(PYTHON) -m venv --clear $(VENV)
	@echo "installing about 5 GB of pinned packages into $(VENV); takes a few minutes"
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements.lock
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

# Write requirements.lock anew from pyproject.toml; needs uv.
LOCK := uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --no-header --no-annotate
lock:
	{ echo '# Every package at one version; written by `make lock`. Install with --no-deps: pip must not choose again.'; \
	  $(LOCK) --quiet --no-emit-index-url --no-emit-find-links | sed -E 's/^(torch|torchvision)==/\1===/'; } > requirements.lock

clean:  ## Remove the environment; data, models and reports stay
	rm -rf $(VENV)
