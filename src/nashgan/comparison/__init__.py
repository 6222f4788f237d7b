"""Results beside each other: rows from DVC and MLflow, one table for each protocol, as text and as a page.

Imported from here: `compare.compare` for the command, `known_results.beside` and `page.drawn` for the report. How a
metric is computed does not belong here (evaluation), nor how the report looks (reporting).
"""
