"""The command line: each command loads, calls one sentence of `pipeline`, and prints."""
