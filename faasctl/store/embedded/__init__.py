"""An S3 endpoint on this machine that verifies what it is asked, as S3 does.

Belongs here: the protocol (signatures, policies, multipart, listing) as pure decisions, and one
process that keeps objects as files with an SQLite index. Does not belong here: quotas, users
and paths of applications; the API in front of the store decides these.

Start it with `python -m faasctl.store.embedded --root DIR --port N --credentials FILE`.
"""
