"""Analysis: finished runs compared pair by pair, scored and put into words."""
