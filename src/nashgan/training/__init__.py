"""The training loop, checkpoints, the history, the watchdog, and the fcd that is measured meanwhile.

Imported from here: `loop.train` and what it takes, by the stage `train`; `interrupted`, by the command `checkpoints`.
What one step does does not belong here (games), nor MLflow (tracking).
"""
