"""The commands of ``openstakes``: those that run worlds, and those that read scenarios."""
