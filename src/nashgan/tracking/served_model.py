"""The file MLflow stores in a logged model and runs to load it (models from code), with the package beside it."""

from mlflow.models import set_model

from nashgan.tracking.serving import ServedGenerator

set_model(ServedGenerator())
