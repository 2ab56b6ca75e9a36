"""Where an application's boxes are, and the secrets with which its processes reach them."""

from __future__ import annotations

import json
import secrets as random
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from faasctl import http
from faasctl.backends import local_link, local_secrets
from faasctl.errors import FaasctlError
from faasctl.model import SecretKey
from faasctl.plan import StorageAddress
from faasctl.settings import Settings
from faasctl.store.access import OwnKeys, S3Access, store_access
from faasctl.targets.local import IDENTITY_SECRET, STORE_SECRET, Site
from handlers.contract import sigv4
from handlers.contract.sigv4 import Bucket, Credentials, HeaderRequest


def local_site(settings: Settings, namespace: str) -> Site:
    """The storage of the settings, running and with a bucket; its keys kept as secrets.

    Raises UnreachableError when the embedded store does not start, UsageError for settings that
    name no bucket.
    """
    access = ready_access(settings)
    _keep_secrets(settings, namespace, credentials(access))
    return Site(address_of(access), str(settings.home / "local" / "boxes"))


def address_of(access: S3Access) -> StorageAddress:
    """Where the store is, as processes are told."""
    endpoint = access.endpoint or f"https://s3.{access.region}.amazonaws.com"
    public = access.public_endpoint or endpoint
    return StorageAddress(endpoint, public, access.bucket, access.region, access.addressing)


def secret_values(keys: Credentials) -> dict[SecretKey, str]:
    """The keys of the store, under the names by which releases ask for them."""
    return {
        SecretKey(STORE_SECRET, "ACCESS_KEY"): keys.access_key,
        SecretKey(STORE_SECRET, "SECRET_KEY"): keys.secret_key,
        SecretKey(STORE_SECRET, "TOKEN"): keys.token,
    }


def local_endpoint(home: Path) -> str:
    """Where the embedded store of this home answers, empty while nothing has needed it."""
    file = home / "store" / "address.json"
    return str(json.loads(file.read_text("utf-8"))["endpoint"]) if file.is_file() else ""


def gateway_url(settings: Settings) -> str:
    """Where the local gateway answers; started where it does not run."""
    return local_link.ensure(settings.home, settings.gateway_port).info.url


def ready_access(settings: Settings) -> S3Access:
    """How to get at the store; the embedded one is started where it does not run."""
    if not settings.s3.is_given:
        local_link.ensure(settings.home, settings.gateway_port).start_store()
    access = store_access(settings)
    if not settings.s3.is_given:
        _make_bucket(access)
    return access


def credentials(access: S3Access) -> Credentials:
    """The keys themselves; raises FaasctlError when boto3 finds none."""
    if isinstance(access.credentials, Credentials):
        return access.credentials
    return _found_by_boto3(access.credentials)


def _found_by_boto3(keys: OwnKeys) -> Credentials:
    import boto3

    found = boto3.Session(profile_name=keys.profile or None).get_credentials()
    if found is None:
        raise FaasctlError(
            "there are no S3 credentials", hint="set AWS_ACCESS_KEY_ID, or [s3] profile"
        )
    frozen = found.get_frozen_credentials()
    return Credentials(frozen.access_key, frozen.secret_key, frozen.token or "")


def _make_bucket(access: S3Access) -> None:
    """The embedded store's bucket; nothing happens where it is there."""
    bucket = Bucket(access.endpoint, access.bucket, access.region, access.addressing)
    request = HeaderRequest("PUT", "", {}, {"content-length": "0"})
    headers = sigv4.sign(bucket, credentials(access), request, datetime.now(UTC))
    parts = urlsplit(access.endpoint)
    path = bucket.path()
    answer = http.send(
        http.Tcp(parts.hostname or "", parts.port or 80), http.Request("PUT", path, None, headers)
    )
    if answer.status not in {200, 409}:
        raise FaasctlError(f"the embedded store makes no bucket: {answer.status} {answer.text}")


def _keep_secrets(settings: Settings, namespace: str, keys: Credentials) -> None:
    for secret, value in secret_values(keys).items():
        local_secrets.set_value(settings.home, namespace, secret, value)
    there = local_secrets.names(settings.home, namespace)
    if f"{IDENTITY_SECRET}/KEY" not in there:
        key = SecretKey(IDENTITY_SECRET, "KEY")
        local_secrets.set_value(settings.home, namespace, key, random.token_urlsafe(32))
