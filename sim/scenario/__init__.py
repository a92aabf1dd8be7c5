"""Scenarios: data, read from files, laid over each other, checked and frozen."""
