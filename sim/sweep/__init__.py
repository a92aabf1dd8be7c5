"""Sweeps: a design (which worlds), a runner (any executor) and a store (Parquet)."""
