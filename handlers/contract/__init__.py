"""What `faasctl` and a running function agree on: the leaf that both may import.

Standard library only, no I/O.
"""
