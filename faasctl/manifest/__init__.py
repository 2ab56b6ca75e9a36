"""Manifests: the YAML files of a module become one frozen `Module`, or a list of problems.

Here belongs everything that reads manifests and says what is wrong with them. Nothing here
builds, renders or calls anything. Each key stands once, in a table that reads it and describes
it: `kinds/` has the tables, `sections`, `shapes`, `scalars` and `paths` the readers they are
made of, `module` and `names` what only all manifests together can tell.
"""

from faasctl.manifest.checking import Checked, check, find_module, load
from faasctl.manifest.schemas import schema

__all__ = ["Checked", "check", "find_module", "load", "schema"]
