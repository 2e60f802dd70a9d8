"""Nobody gets what is not theirs: every reader, against everything there is to ask for."""
