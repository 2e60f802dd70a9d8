"""Open data, held against what others publish about how it has to be."""
