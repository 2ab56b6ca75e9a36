"""The sentences that the product can say, each a function from a folder and wishes to values.

The command line calls these and prints; nothing here prints or exits.
"""
