"""The numbers that stand first wherever results are shown: in DVC's tables, on MLflow's page, on the terminal.

Each space has its own; those that were measured are shown, in this order. Nothing is imported, so that names are known
at once.
"""

DISTANCES = {  # what they are called on pages; lower is better
    "fid": "Fréchet Inception distance",
    "fcd": "Fréchet classifier distance",
    "fd_dinov2": "Fréchet distance in DINOv2's features",
    "cmmd": "maximum mean discrepancy of CLIP's features",
    "reverse_kl": "reverse KL divergence of the modes",
    "jsd": "Jensen-Shannon divergence from the density",
    "sliced_wasserstein": "sliced Wasserstein distance",
    "ngram_jsd_4": "Jensen-Shannon divergence of the 4-grams",
    "spectrum_distance": "distance of the spectra",
    "predictive_score": "error of a predictor that learned from samples",
    "frame_fcd": "Fréchet classifier distance of frames",
    "motion_distance": "distance of the motion",
}
HEADLINES = (
    *DISTANCES,
    *("modes", "high_quality", "distinct", "novel", "identity"),
    *("psnr", "ssim", "restored_accuracy", "restored_fcd", "edge_sharpness", "variety"),
    "held_out_accuracy",
    *("read_right", "translated_fcd", "cycle_error"),
    *("recall", "seconds"),
)
