"""Each protection taken away once: a test has to notice."""
