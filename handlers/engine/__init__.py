"""The path from a request to user code and back; knows no protocol and no transport."""
