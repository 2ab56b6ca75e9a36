"""Tells the language of a text."""
