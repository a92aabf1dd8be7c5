"""The model against the record: runs are measured as the source of each figure measures."""
