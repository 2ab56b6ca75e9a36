"""The local gateway as a person speaks of it: start, stop, where it is."""

from __future__ import annotations
