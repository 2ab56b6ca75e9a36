"""Tells the species of an iris from four measurements."""
