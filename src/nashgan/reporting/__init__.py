"""The report of one run, reports/index.html.

Imported from here: `inputs.read_inputs` and `page.render`, both by the stage `report`. Charts and templates that other
pages need too do not belong here (pages), nor values that no file has yet (evaluation).
"""
