"""Fuzz: good spreadsheets damaged in every way at hand; each is proposed or refused by name, and nothing is written."""
