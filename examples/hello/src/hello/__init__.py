"""Greets people: the smallest module."""
