"""MLflow: live runs, runs rebuilt from files, the model registry and the served model.

Imported from here: what the stages `train` and `register` and the commands `promote`, `sync` and `sample` call. MLflow
only shows what stands in files; a result that exists in MLflow alone does not belong here.
"""

import os

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # read by MLflow when it is imported, so it stands here
