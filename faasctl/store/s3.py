"""Files in a bucket of any S3 store: links signed here with boto3, requests made by these links."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from faasctl.errors import (
    StorageError,
    UnknownNameError,
    UploadGoneError,
    UsageError,
)
from faasctl.files import (
    Assembly,
    Checksum,
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
from faasctl.store import s3_documents
from faasctl.store.access import OwnKeys, S3Access
from faasctl.store.links import Bytes, Reply, Wires
from faasctl.store.refusals import taken
from handlers.contract.boxes import FilePath, file_key, user_prefix
from handlers.contract.sigv4 import Credentials

#: How long the links live that this program uses itself, in seconds; parts wait in a queue.
AT_ONCE, FOR_PARTS = 900, 12 * 3600

_METHODS = {
    "abort_multipart_upload": "DELETE",
    "complete_multipart_upload": "POST",
    "create_multipart_upload": "POST",
    "delete_object": "DELETE",
    "get_object": "GET",
    "head_object": "HEAD",
    "list_objects_v2": "GET",
    "list_parts": "GET",
    "put_object": "PUT",
    "upload_part": "PUT",
}
#: Parameters that become headers, which the client must send as they are signed.
_HEADERS = {
    "ChecksumAlgorithm": "x-amz-checksum-algorithm",
    "ChecksumCRC32": "x-amz-checksum-crc32",
    "ChecksumMode": "x-amz-checksum-mode",
    "ChecksumSHA256": "x-amz-checksum-sha256",
    "ChecksumType": "x-amz-checksum-type",
    "ContentLength": "content-length",
    "ContentType": "content-type",
    "IfNoneMatch": "if-none-match",
}
_KEEP = {"IfNoneMatch": "*"}
#: Far cheaper than MD5 for both sides; stores that don't know it say nothing of it.
_WITH_CRC = {"ChecksumAlgorithm": "CRC32", "ChecksumType": "FULL_OBJECT"}


@dataclass(frozen=True, slots=True)
class Place:
    """Whose files, in which box of which application."""

    application: str
    box: str
    user: str

    def key(self, path: FilePath) -> str:
        """The file's key in the bucket."""
        return file_key(self.application, self.box, self.user, path)

    @property
    def prefix(self) -> str:
        """What all keys of the user in the box start with."""
        return user_prefix(self.application, self.box, self.user)


class S3Box:
    """One user's files in one box of a bucket."""

    def __init__(self, access: S3Access, place: Place, wires: Wires) -> None:
        self._bucket = access.bucket
        self._place = place
        self._wires = wires
        self._client = make_client(access)
        self._lock = threading.Lock()

    def upload_url(self, path: FilePath, offer: Offer | OpenOffer) -> FileLink:
        condition = {} if offer.overwrite else _KEEP
        if not offer.overwrite:
            self._check_free(path)
        match offer:
            case Offer():
                bound = {
                    "ContentLength": offer.size,
                    "ContentType": offer.content_type,
                    "ChecksumSHA256": s3_documents.base64_of(offer.sha256),
                    **condition,
                }
                return self._link("put_object", path, bound)
            case OpenOffer():
                return self._link("put_object", path, condition, expires=offer.expires)

    def download_url(self, path: FilePath, expires: int) -> DownloadLink:
        headers = self._head(path)
        if headers is None:
            raise _missing(path)
        return DownloadLink(self._link("get_object", path, {}, expires=expires), _checksum(headers))

    def announce(self, path: FilePath, size: int) -> None:
        """Nothing to say: who signs with the store's own keys is bound by no quota."""

    def files(self, group: str) -> Iterator[StoredFile]:
        prefix = self._place.prefix + (f"{group}/" if group else "")
        token: dict[str, str] = {}
        while True:
            link = self._sign("list_objects_v2", {"Prefix": prefix, **token}, AT_ONCE)
            page = s3_documents.parse_listing(self._wires.fetch(link, what="list").body)
            for found in page.objects:
                path = s3_documents.path_in(self._place.prefix, found.key)
                if path is not None:
                    yield StoredFile(path, found.size, found.etag, found.modified)
            if not page.token:
                return
            token = {"ContinuationToken": page.token}

    def remove(self, path: FilePath) -> None:
        if self._head(path) is None:
            raise _missing(path)
        self._fetch("delete_object", path, {})

    def abandon(self, path: FilePath, upload_id: str) -> None:
        try:
            self._fetch("abort_multipart_upload", path, {"UploadId": upload_id})
        except UploadGoneError:
            return

    def begin(self, path: FilePath, offer: PartsOffer) -> PartUpload:
        if not offer.overwrite:
            self._check_free(path)
        asked = {"ContentType": offer.content_type, **_WITH_CRC}
        created = self._fetch("create_multipart_upload", path, asked)
        said = [created.headers.get(f"x-amz-checksum-{word}", "") for word in ("algorithm", "type")]
        upload_id = s3_documents.parse_upload_id(created.body)
        links = self._part_links(path, offer, upload_id)
        return PartUpload(upload_id, (), links, s3_documents.part_check(*said))

    def look(self, path: FilePath, offer: PartsOffer, upload_id: str) -> PartUpload:
        stored: list[StoredPart] = []
        after: dict[str, int] = {}
        while True:
            asked = {"UploadId": upload_id, **after}
            page = s3_documents.parse_parts(self._fetch("list_parts", path, asked).body)
            stored += page.parts
            if not page.more:
                break
            after = {"PartNumberMarker": page.parts[-1].number}
        links = self._part_links(path, offer, upload_id)
        return PartUpload(upload_id, tuple(stored), links, page.check)

    def finish(self, path: FilePath, offer: PartsOffer, assembly: Assembly) -> Made:
        bound: dict[str, object] = {} if offer.overwrite else {**_KEEP}
        if assembly.crc32:
            bound["ChecksumCRC32"] = s3_documents.base64_of(assembly.crc32)
            bound["ChecksumType"] = "FULL_OBJECT"
        order = Bytes(s3_documents.completion(assembly.parts))
        named = {"UploadId": assembly.upload_id, **bound}
        link = self._link("complete_multipart_upload", path, named)
        answer = self._wires.fetch(link, order, what=str(path))
        # S3 may answer 200 and only then fail, with an error in the body.
        return Made(link.bare_url, s3_documents.parse_completed(answer.body, what=str(path)))

    def _part_links(self, path: FilePath, offer: PartsOffer, upload_id: str) -> dict[int, FileLink]:
        count = -(-offer.size // offer.part_size)
        named = {"UploadId": upload_id}
        return {
            number: self._link(
                "upload_part", path, {**named, "PartNumber": number}, expires=FOR_PARTS
            )
            for number in range(1, count + 1)
        }

    def _check_free(self, path: FilePath) -> None:
        """Before a long upload, not after it; the condition at its end still decides."""
        if self._head(path) is not None:
            raise taken(str(path), 412)

    def _head(self, path: FilePath) -> Mapping[str, str] | None:
        """What the store says of a file; None where there is none."""
        try:
            return self._fetch("head_object", path, {"ChecksumMode": "ENABLED"}).headers
        except UnknownNameError:
            return None
        except StorageError as error:
            # An answer to HEAD has no body that would say more.
            error.hint = error.hint or "check the credentials and the bucket of the S3 settings"
            raise

    def _fetch(self, operation: str, path: FilePath, params: Mapping[str, object]) -> Reply:
        return self._wires.fetch(self._link(operation, path, params), what=str(path))

    def _link(
        self,
        operation: str,
        path: FilePath,
        params: Mapping[str, object],
        *,
        expires: int = AT_ONCE,
    ) -> FileLink:
        return self._sign(operation, {"Key": self._place.key(path), **params}, expires)

    def _sign(self, operation: str, params: Mapping[str, object], expires: int) -> FileLink:
        with _own_words():
            url = self._client.generate_presigned_url(
                operation, Params={"Bucket": self._bucket, **params}, ExpiresIn=expires
            )
        headers = {_HEADERS[name]: str(params[name]) for name in params if name in _HEADERS}
        return FileLink(_METHODS[operation], url, headers, expires)


def _missing(path: FilePath) -> UnknownNameError:
    return UnknownNameError(f"{path}: there is no such file", hint="faasctl files list BOX")


def _checksum(headers: Mapping[str, str]) -> Checksum | None:
    """The checksum of a whole file; those of parts together prove nothing by themselves."""
    if sha256 := s3_documents.hex_of(headers.get("x-amz-checksum-sha256", "")):
        return Checksum("sha256", sha256)
    if crc32 := s3_documents.hex_of(headers.get("x-amz-checksum-crc32", "")):
        return Checksum("crc32", crc32)
    return None


def make_client(access: S3Access) -> Any:
    """boto3's client that signs with SigV4, addresses as told and adds no checksum unasked."""
    import boto3
    from botocore.config import Config

    config = Config(
        signature_version="s3v4",
        s3={"addressing_style": access.addressing},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    with _own_words():
        session = boto3.Session(**_keys(access.credentials), region_name=access.region or None)
        region = session.region_name or "us-east-1"
        client = session.client(
            "s3", endpoint_url=access.public_endpoint or None, region_name=region, config=config
        )
        # Without keys boto3 makes links that are not signed at all.
        if session.get_credentials() is None:
            raise UsageError(
                "no credentials for the S3 store were found",
                hint="set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or s3.profile",
            )
    return client


def _keys(credentials: Credentials | OwnKeys) -> dict[str, str]:
    match credentials:
        case Credentials(access_key, secret_key, token):
            keys = {"aws_access_key_id": access_key, "aws_secret_access_key": secret_key}
            return {**keys, "aws_session_token": token} if token else keys
        case OwnKeys(profile):
            return {"profile_name": profile} if profile else {}


@contextmanager
def _own_words() -> Iterator[None]:
    """boto3's complaints about settings and credentials, as usage errors."""
    from botocore.exceptions import BotoCoreError

    try:
        yield
    except (BotoCoreError, ValueError) as error:
        raise UsageError(
            f"the S3 settings can't be used: {error}",
            hint="check FAASCTL_S3_*, [s3] of faasctl.toml and the AWS profile",
        ) from error
