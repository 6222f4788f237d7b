"""Commands that people use by hand and that are no stage of the pipeline, one module each.

Imported from here: `app`, which `nashgan.cli` adds to the command line, and the functions that commands call. Stages
do not belong here (stages), nor commands on a package's own files, which stand in that package (comparison, tracking,
training).
"""
