"""What the evaluation tells of a question that the training was asked beside drawing samples."""

from dataclasses import dataclass, field

from PIL import Image

from nashgan.evaluation.feature_metrics import Metrics


@dataclass(frozen=True)
class Answer:
    """Metrics, which join those of the space, and pictures by name, for the question's section of the report."""

    metrics: Metrics
    pictures: dict[str, Image.Image] = field(default_factory=dict)
