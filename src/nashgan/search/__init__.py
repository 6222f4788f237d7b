"""The search for good parameters: a study whose trials are DVC experiments, pruned by successive halving.

Imported from here: `worker.search` for the command `nashgan search`, and `overview.read_overview` for `nashgan
compare --study`. How a trial trains does not belong here (stages), nor how results are compared (comparison).
"""
