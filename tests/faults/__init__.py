"""Faults: what a load leaves behind when the machine takes its life."""
