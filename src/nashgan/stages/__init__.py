"""The stages of dvc.yaml, one module each, named as its stage: `run(paths, params)`.

Imported from here: `run`, by `nashgan.cli`. A stage reads files, calls other packages and writes files; computations
do not belong here.
"""
