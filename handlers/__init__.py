"""What runs beside the user's code: one handler for every target.

Here belongs what a function needs to answer; nothing here knows of manifests, clusters or
accounts, and nothing here imports `faasctl`. All but two fronts use the standard library alone,
because every import is paid for at each cold start.
"""
