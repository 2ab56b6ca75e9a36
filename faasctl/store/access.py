"""Which S3 store a module's files are in: the one of the settings, else this machine's own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from faasctl.errors import FaasctlError, UnreachableError, UsageError
from faasctl.settings import Addressing, Settings
from handlers.contract.sigv4 import Credentials

#: The bucket and region of this machine's own store.
LOCAL_BUCKET, LOCAL_REGION = "faasctl", "us-east-1"


@dataclass(frozen=True, slots=True)
class OwnKeys:
    """Credentials that boto3 finds by itself, under a profile where one is named."""

    profile: str = ""


@dataclass(frozen=True, slots=True)
class S3Access:
    """A bucket and how to get at it; an empty `endpoint` is AWS, an empty `region` boto3's.

    `public_endpoint` is what stands in links.
    """

    endpoint: str
    region: str
    bucket: str
    credentials: Credentials | OwnKeys
    public_endpoint: str
    addressing: Addressing


def store_access(settings: Settings) -> S3Access:
    """Raises UsageError where the settings name no bucket, UnreachableError without a store."""
    given = settings.s3
    if not given.is_given:
        return _local(settings.home / "store")
    if not given.bucket:
        raise UsageError(
            "the S3 settings name no bucket",
            hint="set FAASCTL_S3_BUCKET, or bucket under [s3] of faasctl.toml",
        )
    public = given.public_endpoint or given.endpoint
    return S3Access(
        given.endpoint,
        given.region,
        given.bucket,
        OwnKeys(given.profile),
        public,
        # Hosts of one's own seldom answer for BUCKET.HOST, and AWS wants nothing else.
        given.addressing or ("path" if public else "virtual"),
    )


def _local(folder: Path) -> S3Access:
    address, keys = folder / "address.json", folder / "credentials.json"
    if not address.is_file() or not keys.is_file():
        raise UnreachableError(
            "the store of this machine does not run",
            hint="faasctl local start, or name another store: set FAASCTL_S3_BUCKET",
        )
    try:
        endpoint = json.loads(address.read_text("utf-8"))["endpoint"]
        access_key, secret = next(iter(json.loads(keys.read_text("utf-8")).items()))
    except (OSError, ValueError, LookupError, TypeError, AttributeError, StopIteration) as error:
        raise FaasctlError(
            f"{folder}: address.json or credentials.json can't be read",
            hint="faasctl local stop, then faasctl local start",
        ) from error
    credentials = Credentials(access_key, secret)
    return S3Access(endpoint, LOCAL_REGION, LOCAL_BUCKET, credentials, endpoint, "path")
