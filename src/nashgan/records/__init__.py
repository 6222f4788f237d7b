"""The files that pass between stages: one module for each kind, which describes, reads, checks and writes it.

Imported from here: all modules; `paths.Paths` says where each file lies. What is computed from the files does not
belong here. No other package names these files or parses them.
"""
