"""Which metrics are measured, of which samples, beside which real examples.

Imported from here: the functions that the stage `evaluate` and the command `evaluate-images` call. How a metric is
computed does not belong here (metrics), nor how a network looks at examples (features).
"""
