"""The numbers that stand first wherever results are shown: in DVC's tables, on MLflow's page, on the terminal."""

HEADLINES = ("fid", "fcd", "recall", "seconds")
