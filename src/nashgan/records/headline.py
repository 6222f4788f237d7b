"""The numbers that stand first wherever results are shown: in DVC's tables, on MLflow's page, on the terminal.

Each space has its own; those that were measured are shown, in this order. Nothing is imported, so that names are known
at once.
"""

DISTANCES = {  # what they are called on pages; lower is better
    "fid": "Fréchet Inception distance",
    "fcd": "Fréchet classifier distance",
    "reverse_kl": "reverse KL divergence of the modes",
    "jsd": "Jensen-Shannon divergence from the density",
    "sliced_wasserstein": "sliced Wasserstein distance",
    "spectrum_distance": "distance of the spectra",
    "autocorrelation_distance": "distance of the autocorrelations",
    "marginal_distance": "distance of the values' distributions",
}
HEADLINES = (*DISTANCES, "modes", "high_quality", "predictive_score", "recall", "seconds")
