"""Compresses the files that browsers fetch, once after an install: `python -m ui`."""

from ui.shell import shelf

made = list(shelf().prepare())
whole, small = sum(size for _, size, _ in made), sum(size for _, _, size in made)
print(f"{len(made)} files: {whole / 1e6:.1f} MB are sent as {small / 1e6:.1f} MB.")
