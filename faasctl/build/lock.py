"""Lock files, and whether one was made for what `pyproject.toml` says now."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any


def dependencies_digest(pyproject: Mapping[str, Any]) -> str:
    """The identity of what a lock is made from, as 64 hexadecimal digits.

    It covers `[project].dependencies`, in any order, and `requires-python`; a lock file's first
    line is `# faasctl lock: sha256:` and this.
    """
    project = pyproject.get("project", {})
    source = {
        "dependencies": sorted(project.get("dependencies", [])),
        "requires-python": project.get("requires-python", ""),
    }
    text = json.dumps(source, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
