"""Shapes annotated in nashgan are checked while testing; each test process computes on one thread."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

from jaxtyping import install_import_hook

install_import_hook("nashgan", "typecheck.check")
