"""Files behind an application's API: it gives the links, and keeps quotas and names."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from faasctl.errors import StorageError, UnknownNameError, UploadGoneError
from faasctl.files import (
    Assembly,
    DownloadLink,
    FileLink,
    Made,
    Offer,
    OpenOffer,
    PartsOffer,
    PartUpload,
    StoredFile,
    StoredPart,
)
from faasctl.store.links import Bytes, Wires
from handlers.contract.boxes import FilePath, NameRefusedError, parse_file

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Api:
    """Where an application answers; `authorization` is the header's value, empty for none."""

    url: str
    authorization: str = ""

    def __repr__(self) -> str:
        """Never the password: this value may meet a log."""
        return f"Api({self.url!r})"


def authorization(credentials: str) -> str:
    """The header for `USER:PASSWORD`, or for a token; empty for neither."""
    if ":" in credentials:
        return f"Basic {base64.b64encode(credentials.encode()).decode()}"
    return f"Bearer {credentials}" if credentials else ""


class ApiBox:
    """One user's files in one box of a deployed application."""

    def __init__(self, api: Api, box: str, user: str, wires: Wires) -> None:
        self._api = api
        self._base = f"{api.url.rstrip('/')}/files/{quote(box, safe='')}/"
        self._user = user
        self._wires = wires

    def upload_url(self, path: FilePath, offer: Offer | OpenOffer) -> FileLink:
        wish: dict[str, Any] = {"overwrite": offer.overwrite}
        if isinstance(offer, Offer):
            wish |= {
                "size": offer.size,
                "content_type": offer.content_type,
                "sha256": offer.sha256,
            }
        said = self._ask("PUT", str(path), wish=wish)
        link = said["presigned_put_url"]
        return FileLink("PUT", link, said["headers"], int(said["expires"]))

    def download_url(self, path: FilePath, expires: int) -> DownloadLink:
        said = self._ask("GET", str(path), {"expires": str(expires)})
        link = said["presigned_get_url"]
        return DownloadLink(FileLink("GET", link, {}, int(said["expires"])))

    def announce(self, path: FilePath, size: int) -> None:
        self._ask("POST", str(path), {"complete": ""}, {"size": size})

    def files(self, group: str) -> Iterator[StoredFile]:
        after = {"after": ""}
        while True:
            page = self._ask("GET", f"{group}/" if group else "", after)
            for one in page["files"]:
                path = _file(str(one["path"]))
                if path is not None:
                    yield StoredFile(path, int(one["size"]), one["etag"], one["modified"])
            for name in page["groups"]:
                yield from self.files(f"{group}/{name}" if group else name)
            if page["next"] is None:
                return
            after = {"after": page["next"]}

    def remove(self, path: FilePath) -> None:
        self._ask("DELETE", str(path))

    def abandon(self, path: FilePath, upload_id: str) -> None:
        try:
            self._ask("DELETE", str(path), {"uploadId": upload_id})
        except (UploadGoneError, UnknownNameError):
            return

    def begin(self, path: FilePath, offer: PartsOffer) -> PartUpload:
        wish = {
            "size": offer.size,
            "part_size": offer.part_size,
            "content_type": offer.content_type,
            "overwrite": offer.overwrite,
        }
        return _upload(self._ask("POST", str(path), {"uploads": ""}, wish))

    def look(self, path: FilePath, offer: PartsOffer, upload_id: str) -> PartUpload:
        found = self._ask("GET", str(path), {"uploadId": upload_id})
        if (found["size"], found["part_size"]) != (offer.size, offer.part_size):
            raise UploadGoneError(f"{path}: the unfinished upload is another file's")
        return _upload(found)

    def finish(self, path: FilePath, offer: PartsOffer, assembly: Assembly) -> Made:
        parts = [{"part_number": part.number, "etag": part.etag} for part in assembly.parts]
        wish = {"size": offer.size, "parts": parts}
        said = self._ask("POST", str(path), {"uploadId": assembly.upload_id}, wish)
        return Made(said["presigned_get_url"].partition("?")[0], said["etag"])

    def _ask(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        wish: Json | None = None,
    ) -> Json:
        asked = urlencode({"user": self._user, **(query or {})})
        headers = {"accept": "application/json"}
        if self._api.authorization:
            headers["authorization"] = self._api.authorization
        body = b""
        if wish is not None:
            headers["content-type"] = "application/json"
            body = json.dumps(wish).encode()
        link = FileLink(method, f"{self._base}{quote(path)}?{asked}", headers)
        reply = self._wires.fetch(link, Bytes(body), what=path or "the box")
        try:
            said = json.loads(reply.body) if reply.body else {}
        except ValueError:
            said = None
        if not isinstance(said, dict):
            raise StorageError(f"{self._api.url} is no application: its answer is no JSON")
        return said


def _upload(said: Json) -> PartUpload:
    stored = tuple(
        StoredPart(int(one["part_number"]), str(one["etag"]).strip('"')) for one in said["uploaded"]
    )
    expires = int(said["expires"])
    links = {
        int(one["part_number"]): FileLink("PUT", one["url"], one["headers"], expires)
        for one in said["parts"]
    }
    return PartUpload(said["upload_id"], stored, links)


def _file(text: str) -> FilePath | None:
    """A listed file's path; None for a key that no file of a box has."""
    try:
        return parse_file(text)
    except NameRefusedError:
        return None
