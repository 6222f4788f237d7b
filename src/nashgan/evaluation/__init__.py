"""Which metrics are measured, of which samples, beside which real examples.

Imported from here: the registries of evaluations, one a space and one a question, and the functions that the stage
`evaluate` and the command `evaluate-images` call. How a metric is computed does not belong here (metrics), nor how a
network looks at examples (features).
"""

from nashgan.runtime.registered import Registered

EVALUATIONS = {  # by space: a function of the workspace's paths, the section evaluate and the device
    "image": Registered("nashgan.evaluation.image:measure"),
    "points": Registered("nashgan.evaluation.points:measure"),
    "text": Registered("nashgan.evaluation.text:measure"),
    "series": Registered("nashgan.evaluation.series:measure"),
    "video": Registered("nashgan.evaluation.video:measure"),
}

# By question that a training can be asked beside drawing samples: functions of the same arguments that return an
# `Answer`, or None where this training was not asked.
QUESTIONS: dict[str, Registered] = {
    "restore": Registered("nashgan.evaluation.restore:ask"),
    "encode": Registered("nashgan.evaluation.encode:ask"),
    "classify": Registered("nashgan.evaluation.classify:ask"),
    "advise": Registered("nashgan.evaluation.advise:ask"),
    "translate": Registered("nashgan.evaluation.translate:ask"),
}
