"""What leaves the house: figures as files that say where they come from."""
