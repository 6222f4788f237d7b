"""MLflow follows DVC: live runs, runs rebuilt from files, the model registry and the served model."""

import os

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # read by MLflow when it is imported, so it stands here
