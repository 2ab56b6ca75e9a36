"""What touches the world for a deploy: apply, find, remove, route and logs, per target.

A backend gets finished releases and decides nothing about them.
"""
