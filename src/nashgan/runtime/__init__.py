"""What every package needs from the machine: device, randomness, files, signals, progress, errors, Git.

Imported from here: all modules. This package imports no other package of nashgan, and knows no data and no models.
"""
