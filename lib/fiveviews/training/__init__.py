"""Training: the fit loop, checkpoints, run records, load-or-train."""
