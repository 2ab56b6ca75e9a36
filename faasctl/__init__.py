"""faasctl: from a Python function to a web service that sleeps when nobody calls."""

__version__ = "0.1.0"
