"""The student's own library: what is taken from their notebooks, what stands in, and that it is theirs that runs."""
