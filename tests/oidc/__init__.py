"""Signing in through an organisation, against a real provider."""
