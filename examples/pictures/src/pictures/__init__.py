"""Finds the edges in a picture."""
