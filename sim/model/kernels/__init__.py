"""Compiled parts of the model: loops over adopters, releases and malicious actors."""
