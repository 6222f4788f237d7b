"""Commands that people use by hand and that are no stage of the pipeline, one module each.

Imported from here: the functions that `nashgan.cli` calls. Stages do not belong here (stages), nor commands on a
package's own files, which stand in that package (comparison, tracking, training).
"""
