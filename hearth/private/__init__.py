"""Private rows: what a person's devices keep for each other, sealed, and for nobody else."""
