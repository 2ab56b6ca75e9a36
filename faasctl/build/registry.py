"""Images in registries: resolve, pull, push. What is there already is never sent again."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from faasctl.build import credentials, oci, references
from faasctl.build.credentials import Lookup
from faasctl.build.layers import Shelf
from faasctl.build.oci import BaseImage
from faasctl.build.references import Reference
from faasctl.build.registry_http import BACK_OFF, Call, Line, Part, Said
from faasctl.errors import BuildError, FaasctlError, UnreachableError
from faasctl.plan import ImageLayer, ImageReference

Report = Callable[[str], None]

#: A larger blob is sent in pieces of this size, so that a broken line costs one piece.
PIECE = 32 << 20

_ACCEPT = {"Accept": ", ".join((*oci.INDEXES, *oci.MANIFESTS))}
_PARALLEL = 4


@dataclass(frozen=True, slots=True)
class Access:
    """How to get at registries: who we are, how patient, how large a piece."""

    lookup: Lookup = credentials.find
    delays: tuple[float, ...] = BACK_OFF
    piece: int = PIECE

    def line(self, place: Reference, *rights: tuple[str, str]) -> Line:
        """A way to the reference's registry with rights such as `("team/iris", "pull")`."""
        scopes = tuple(f"repository:{repository}:{what}" for repository, what in rights)
        return Line(
            place.host, plain=place.plain, scopes=scopes, lookup=self.lookup, delays=self.delays
        )


DEFAULT = Access()


@dataclass(frozen=True, slots=True)
class Pushable:
    """All that makes an image in a registry.

    `base` says where the layers that are not on the shelf can be had. `attached` are manifests
    about the image, each with its one blob.
    """

    manifest: bytes
    config: bytes
    layers: tuple[ImageLayer, ...]
    base: BaseImage | None = None
    attached: tuple[tuple[bytes, bytes], ...] = ()


def resolve(text: str, access: Access = DEFAULT) -> tuple[str, bytes]:
    """The digest that a reference names now, and the document: an index or a manifest."""
    place = references.parse(text)
    with closing(access.line(place, (place.repository, "pull"))) as line:
        return _document(line, place, place.wanted)


def pull(text: str, digest: str, platform: str, access: Access = DEFAULT) -> BaseImage:
    """The image of a platform behind a digest that `resolve` gave; no layers are fetched."""
    place = references.parse(text)
    with closing(access.line(place, (place.repository, "pull"))) as line:
        _, found = _document(line, place, digest)
        document = json.loads(found)
        if document.get("mediaType") in oci.INDEXES or "manifests" in document:
            chosen = oci.choose_platform(document, platform, text)
            document = json.loads(_document(line, place, chosen)[1])
        config = _blob(line, place, document["config"]["digest"])
    return oci.parse_image(
        document, json.loads(config), where=(place.registry, place.repository), digest=digest
    )


def fetch_layer(base: BaseImage, layer: ImageLayer, shelf: Shelf, access: Access = DEFAULT) -> Path:
    """A layer's blob on the shelf; fetched where it is not there yet."""
    blob = shelf.blob(layer.digest)
    if blob.is_file():
        return blob
    place = references.parse(f"{base.registry}/{base.repository}")
    with closing(access.line(place, (place.repository, "pull"))) as line:
        call = Call("GET", f"/v2/{place.repository}/blobs/{layer.digest}")
        said = line.fetch(call, lambda pieces: shelf.take(pieces, layer.digest))
    if said.status != 200:
        raise _refused(place, said, "gives no layer")
    return blob


def push(
    image: Pushable,
    repository: str,
    shelf: Shelf,
    *,
    report: Report,
    tags: Sequence[str] = (),
    access: Access = DEFAULT,
) -> ImageReference:
    """Make the image be in a repository; returns its name by digest.

    Raises UnreachableError, and BuildError when the registry refuses.
    """
    place = references.parse(repository)
    if place.tag or place.digest:
        raise BuildError(
            f"{repository!r}: expected a repository without tag", hint="use --tag for tags"
        )
    digest = oci.digest_of(image.manifest)
    rights = [(place.repository, "pull,push")]
    if image.base is not None and image.base.registry == place.registry:
        rights.append((image.base.repository, "pull"))
    with closing(access.line(place, *rights)) as line:
        sending = _Sending(line, place, shelf, image.base, access)
        sending.layers(image.layers, image.config, report)
        for tag in tags or [digest]:
            sending.manifest(tag, image.manifest)
        for manifest, content in image.attached:
            sending.attach(image.manifest, manifest, content)
    return ImageReference(place.registry, place.repository, digest)


@dataclass(frozen=True, slots=True)
class _Sending:
    """One image on its way to one repository."""

    line: Line
    place: Reference
    shelf: Shelf
    base: BaseImage | None
    access: Access

    def layers(self, layers: Sequence[ImageLayer], config: bytes, report: Report) -> None:
        self.shelf.put(config)
        wanted = {one.digest: one for one in layers}
        jobs: list[tuple[str, str, int]] = [
            (one.digest, one.what, one.size) for one in wanted.values()
        ]
        jobs.append((oci.digest_of(config), "configuration", len(config)))
        with ThreadPoolExecutor(_PARALLEL) as pool:
            for said in pool.map(lambda job: self._one(job, wanted), jobs):
                if said:
                    report(said)

    def _one(self, job: tuple[str, str, int], layers: dict[str, ImageLayer]) -> str:
        digest, what, size = job
        if self._is_there(digest):
            return ""
        blob, base = self.shelf.blob(digest), self.base
        of_base = base is not None and any(one.digest == digest for one in base.layers)
        mounted = f"&from={quote(base.repository, safe='')}" if base and of_base else ""
        same = base is not None and base.registry == self.place.registry
        if not blob.is_file() and base is not None and of_base and not same:
            fetch_layer(base, layers[digest], self.shelf, self.access)
        where = f"?mount={quote(digest)}{mounted}" if same and of_base else ""
        said = self._call("POST", f"blobs/uploads/{where}", {201, 202}, "takes no blobs")
        if said.status == 201:
            return f"{what}: taken over within the registry"
        if not blob.is_file() and base is not None:
            fetch_layer(base, layers[digest], self.shelf, self.access)
        self._send(said, blob, digest, size)
        return f"{what}: sent {_amount(size)}"

    def _is_there(self, digest: str) -> bool:
        said = self.line.send(Call("HEAD", self._path(f"blobs/{digest}")))
        if said.status not in {200, 404}:
            raise _refused(self.place, said, "can't be asked for a blob")
        return said.status == 200

    def _send(self, said: Said, blob: Path, digest: str, size: int) -> None:
        binary = {"Content-Type": "application/octet-stream"}
        place, start = _next(said), 0
        while size - start > self.access.piece:
            end = start + self.access.piece
            span = {**binary, "Content-Range": f"{start}-{end - 1}"}
            piece = Part(blob, start, self.access.piece)
            answer = self.line.send(Call("PATCH", place, piece, span))
            if answer.status == 416:  # a repeat of what had arrived: go on where the registry is
                answer = self.line.send(Call("GET", place))
            if answer.status not in {202, 204}:
                raise _refused(self.place, answer, f"did not take {_amount(size)}")
            place, start = _next(answer), _received(answer, end)
        last = Part(blob, start, size - start)
        headers = dict(binary)
        if start:
            headers["Content-Range"] = f"{start}-{size - 1}"
        url = f"{place}{'&' if '?' in place else '?'}digest={quote(digest)}"
        answer = self.line.send(Call("PUT", url, last, headers))
        if answer.status != 201 and not self._is_there(digest):
            raise _refused(self.place, answer, f"did not take {_amount(size)}")

    def manifest(self, name: str, content: bytes) -> Said:
        kind = {"Content-Type": json.loads(content)["mediaType"]}
        return self._call(
            "PUT", f"manifests/{name}", {200, 201}, "did not take the manifest", content, kind
        )

    def attach(self, subject: bytes, manifest: bytes, content: bytes) -> None:
        """Push a manifest about the image, and list it where the registry does not do so itself."""
        for blob in (content, b"{}"):
            self.shelf.put(blob)
            self._one((oci.digest_of(blob), "attachment", len(blob)), {})
        said = self.manifest(oci.digest_of(manifest), manifest)
        if "oci-subject" not in said.headers:
            self._list(oci.digest_of(subject), manifest)

    def _list(self, subject: str, manifest: bytes) -> None:
        tag = subject.replace(":", "-")
        said = self.line.send(Call("GET", self._path(f"manifests/{tag}"), headers=_ACCEPT))
        listed = json.loads(said.body)["manifests"] if said.status == 200 else []
        entry = oci.listed(manifest)
        if entry not in listed:
            self.manifest(tag, oci.index([*listed, entry]))

    def _path(self, rest: str) -> str:
        return f"/v2/{self.place.repository}/{rest}"

    def _call(
        self,
        method: str,
        rest: str,
        expected: set[int],
        failed: str,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
    ) -> Said:
        said = self.line.send(Call(method, self._path(rest), body, headers or {}))
        if said.status not in expected:
            raise _refused(self.place, said, failed)
        return said


def _document(line: Line, place: Reference, wanted: str) -> tuple[str, bytes]:
    said = line.send(Call("GET", f"/v2/{place.repository}/manifests/{wanted}", headers=_ACCEPT))
    if said.status == 404:
        raise BuildError(
            f"there is no image {place}", hint="mend image.build.base, or push it first"
        )
    if said.status != 200:
        raise _refused(place, said, "gives no image")
    digest = oci.digest_of(said.body)
    if wanted.startswith("sha256:") and digest != wanted:
        raise BuildError(f"{place.registry} sent another manifest than {wanted}", hint="try again")
    return digest, said.body


def _blob(line: Line, place: Reference, digest: str) -> bytes:
    said = line.send(Call("GET", f"/v2/{place.repository}/blobs/{digest}"))
    if said.status != 200:
        raise _refused(place, said, "gives no configuration")
    if oci.digest_of(said.body) != digest:
        raise BuildError(f"{place.registry} sent other bytes than {digest}", hint="try again")
    return said.body


def _next(said: Said) -> str:
    from urllib.parse import urljoin

    return urljoin(said.url, said.headers.get("location", said.url))


def _received(said: Said, expected: int) -> int:
    """How many bytes the registry has, by its own word where it gives one."""
    _, _, last = said.headers.get("range", "").rpartition("-")
    return int(last) + 1 if last.isdigit() else expected


def _refused(place: Reference, said: Said, what: str) -> FaasctlError:
    text = f"{place.registry}/{place.repository} {what}: {said.explained()}"
    if said.status in {401, 403}:
        return BuildError(
            text, hint=f"log in with the right to do this: docker login {place.registry}"
        )
    if said.status >= 500:
        return UnreachableError(text, hint="try again later")
    return BuildError(text, hint="is the repository's name right?")


def _amount(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 100_000 else f"{size / 1e3:.1f} kB"


def documents(text: str, access: Access = DEFAULT) -> tuple[bytes, bytes]:
    """The manifest and the configuration of an image of one platform."""
    place = references.parse(text)
    with closing(access.line(place, (place.repository, "pull"))) as line:
        _, manifest = _document(line, place, place.wanted)
        return manifest, _blob(line, place, json.loads(manifest)["config"]["digest"])
