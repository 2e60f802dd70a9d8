"""Side-by-side measurements of the questions that must stay fast."""
