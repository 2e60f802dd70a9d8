"""How tables become figures: a table in, a Plotly figure out."""
