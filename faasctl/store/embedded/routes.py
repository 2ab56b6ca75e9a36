"""Which handler answers what: by method, level and subresource of the address."""

from __future__ import annotations

from typing import Literal

from faasctl.store.embedded import (
    bucket_listing,
    buckets,
    copies,
    objects,
    parts,
    tagging,
)
from faasctl.store.embedded.call import Call
from faasctl.store.embedded.exchange import Handler
from faasctl.store.embedded.faults import S3Error

Level = Literal["service", "bucket", "object"]

#: Every subresource that S3 knows; those without a row below are not implemented.
SUBRESOURCES = frozenset(
    {
        *("accelerate", "acl", "analytics", "attributes", "cors", "delete", "encryption"),
        *("intelligent-tiering", "inventory", "legal-hold", "lifecycle", "location", "logging"),
        *("metrics", "notification", "object-lock", "ownershipControls", "policy"),
        *("policyStatus", "publicAccessBlock", "replication", "requestPayment", "restore"),
        *("retention", "select", "tagging", "torrent", "uploadId", "uploads", "versioning"),
        *("versions", "website"),
    }
)

ROUTES: dict[tuple[str, Level, str], Handler] = {
    ("GET", "service", ""): bucket_listing.list_buckets,
    ("PUT", "bucket", ""): buckets.create_bucket,
    ("HEAD", "bucket", ""): buckets.head_bucket,
    ("DELETE", "bucket", ""): buckets.delete_bucket,
    ("GET", "bucket", ""): bucket_listing.list_objects,
    ("GET", "bucket", "location"): buckets.get_location,
    ("GET", "bucket", "versioning"): buckets.get_versioning,
    ("GET", "bucket", "acl"): buckets.get_acl,
    ("GET", "bucket", "cors"): buckets.get_cors,
    ("PUT", "bucket", "cors"): buckets.put_cors,
    ("DELETE", "bucket", "cors"): buckets.delete_cors,
    ("GET", "bucket", "uploads"): bucket_listing.list_uploads,
    ("POST", "bucket", "delete"): objects.delete_objects,
    ("GET", "object", ""): objects.get_object,
    ("HEAD", "object", ""): objects.get_object,
    ("PUT", "object", ""): objects.put_object,
    ("DELETE", "object", ""): objects.delete_object,
    ("GET", "object", "acl"): buckets.get_acl,
    ("GET", "object", "tagging"): tagging.get_tagging,
    ("PUT", "object", "tagging"): tagging.put_tagging,
    ("DELETE", "object", "tagging"): tagging.delete_tagging,
    ("POST", "object", "uploads"): parts.create_upload,
    ("PUT", "object", "uploadId"): parts.upload_part,
    ("GET", "object", "uploadId"): parts.list_parts,
    ("POST", "object", "uploadId"): parts.complete_upload,
    ("DELETE", "object", "uploadId"): parts.abort_upload,
}

_COPIES: dict[str, Handler] = {"": copies.copy_object, "uploadId": copies.copy_part}


def find_handler(call: Call) -> Handler:
    """The handler of a request; raises MethodNotAllowed or NotImplemented."""
    level: Level = "object" if call.key else "bucket" if call.bucket else "service"
    subresource = next((name for name, _ in call.query if name in SUBRESOURCES), "")
    if call.method == "PUT" and level == "object" and call.header("x-amz-copy-source") is not None:
        copy = _COPIES.get(subresource)
        if copy is not None:
            return copy
    handler = ROUTES.get((call.method, level, subresource))
    if handler is not None:
        return handler
    known = any(key[1:] == (level, subresource) for key in ROUTES)
    raise S3Error("MethodNotAllowed" if known else "NotImplemented")
