"""The API of one application: files of its boxes, its functions, and a description of both.

Belongs here: who may call, whose area is meant, which links are given out. Does not belong here:
bytes of files (they go straight between client and store) and user code (functions have processes
of their own).
"""
