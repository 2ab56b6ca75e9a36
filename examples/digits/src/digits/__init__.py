"""Reads a handwritten digit."""
