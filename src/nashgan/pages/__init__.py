"""What every HTML page needs: the base template, the style, line charts, values as text and the glossary.

Imported from here: all modules; `html.fill` makes a page from a template. What reads a file of the pipeline, or belongs
to one page alone, does not belong here.
"""
