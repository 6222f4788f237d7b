"""One module a stage of dvc.yaml: validated parameters and paths in, files out."""
