"""The file that MLflow stores in a logged classifier and runs to load it, with the package beside it."""

from mlflow.models import set_model

from nashgan.tracking.serving_classes import ServedClassifier

set_model(ServedClassifier())
