"""Cells made to act: in formulas, pages, files. None does."""
