"""Everything the environment can change, read once, at the edge."""
