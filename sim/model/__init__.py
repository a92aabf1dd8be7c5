"""The model: what decides a number, and nothing else."""
