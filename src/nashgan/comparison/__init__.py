"""Results side by side: DVC experiments and MLflow runs, a table for each protocol."""
