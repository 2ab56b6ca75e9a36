"""What is in an image, as CycloneDX: the locked packages and their hashes; pure."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from typing import Any

from packaging.utils import canonicalize_name

from faasctl import __version__
from faasctl.build.oci import document

MEDIA_TYPE = "application/vnd.cyclonedx+json"

_PIN = re.compile(
    r"^(?P<name>[A-Za-z0-9][\w.-]*)(\[[^\]]*\])?==(?P<version>[^\s;\\]+)(?P<rest>.*)$"
)


def bill(name: str, identity: str, locks: tuple[str, ...]) -> bytes:
    """The bill of an image made of these locks; equal for equal images."""
    found = {one["bom-ref"]: one for text in locks for one in _components(text)}
    return document(
        {
            "bomFormat": "CycloneDX",
            "specVersion": "1.5",
            "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, identity)}",
            "version": 1,
            "metadata": {
                "tools": {
                    "components": [
                        {"type": "application", "name": "faasctl", "version": __version__}
                    ]
                },
                "component": {"type": "container", "name": name, "bom-ref": identity},
            },
            "components": [found[key] for key in sorted(found)],
        }
    )


def _components(text: str) -> Iterator[dict[str, Any]]:
    for line in text.replace("\\\n", " ").splitlines():
        match = _PIN.match(line)
        if match is None:
            continue
        package, version = canonicalize_name(match["name"]), match["version"]
        url = f"pkg:pypi/{package}@{version}"
        hashes = sorted(re.findall(r"--hash=sha256:([0-9a-f]{64})", match["rest"]))
        component: dict[str, Any] = {
            "type": "library",
            "bom-ref": url,
            "name": package,
            "version": version,
            "purl": url,
        }
        if len(hashes) == 1:  # with several the lock does not say which file was taken
            component["hashes"] = [{"alg": "SHA-256", "content": hashes[0]}]
        yield component
