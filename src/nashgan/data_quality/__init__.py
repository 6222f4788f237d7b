"""What is wrong with a dataset: class balance, near-duplicates, doubtful labels, and drift between two versions.

Imported from here: `quality.measure` for the report's data card and for `nashgan doctor --data`, and
`versions.measure_drift` for the latter. What parameters ask of the data does not belong here (stages.data_checks), nor
what samples are compared by (metrics).
"""
