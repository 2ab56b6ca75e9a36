"""Buckets: create, look at, delete, and their settings."""

from __future__ import annotations

from faasctl.store.embedded import address, cors, documents, objects_table
from faasctl.store.embedded.bucket_listing import OWNER
from faasctl.store.embedded.exchange import Reply, Request, Store, xml_reply
from faasctl.store.embedded.faults import S3Error
from faasctl.store.embedded.object_headers import check_supported
from faasctl.store.embedded.records import Bucket


async def create_bucket(store: Store, request: Request) -> Reply:
    call = request.call
    address.check_bucket(call.bucket)
    check_supported(call.headers)
    body = await request.document()
    if body.strip():
        root = documents.read(body, "CreateBucketConfiguration")
        if (root.value("LocationConstraint") or store.region) != store.region:
            raise S3Error("InvalidLocationConstraint")
    bucket = Bucket(call.bucket, store.clock())
    await store.index.write(lambda connection: objects_table.add_bucket(connection, bucket))
    return Reply(200, {"Location": f"/{call.bucket}"})


async def head_bucket(store: Store, request: Request) -> Reply:
    await request.finish_without_body()
    objects_table.find_bucket(store.index.reader, request.call.bucket)
    return Reply(200, {"x-amz-bucket-region": store.region})


async def delete_bucket(store: Store, request: Request) -> Reply:
    await request.finish_without_body()
    garbage = await store.index.write(
        lambda connection: objects_table.remove_bucket(connection, request.call.bucket)
    )
    store.blobs.remove(garbage)
    return Reply(204)


async def get_location(store: Store, request: Request) -> Reply:
    """The oldest region has no name here, as on S3."""
    await request.finish_without_body()
    objects_table.find_bucket(store.index.reader, request.call.bucket)
    region = "" if store.region == "us-east-1" else store.region
    body = f'<LocationConstraint xmlns="{documents.NAMESPACE}">{region}</LocationConstraint>'
    return xml_reply(f'<?xml version="1.0" encoding="UTF-8"?>\n{body}'.encode())


async def get_versioning(store: Store, request: Request) -> Reply:
    """There is none, and never was."""
    await request.finish_without_body()
    objects_table.find_bucket(store.index.reader, request.call.bucket)
    return xml_reply(documents.document("VersioningConfiguration", []))


async def get_acl(store: Store, request: Request) -> Reply:
    """Everything is private to its one owner."""
    await request.finish_without_body()
    call = request.call
    if call.key:
        objects_table.get_object(store.index.reader, call.bucket, call.key)
    objects_table.find_bucket(store.index.reader, call.bucket)
    body = documents.document("AccessControlPolicy", [OWNER, ("AccessControlList", [])])
    return xml_reply(body)


async def get_cors(store: Store, request: Request) -> Reply:
    await request.finish_without_body()
    bucket = objects_table.find_bucket(store.index.reader, request.call.bucket)
    if bucket.cors is None:
        raise S3Error("NoSuchCORSConfiguration", BucketName=bucket.name)
    return xml_reply(bucket.cors)


async def put_cors(store: Store, request: Request) -> Reply:
    body = await request.document()
    cors.parse_rules(body)
    await store.index.write(
        lambda connection: objects_table.set_cors(connection, request.call.bucket, body)
    )
    return Reply(200)


async def delete_cors(store: Store, request: Request) -> Reply:
    await request.finish_without_body()
    await store.index.write(
        lambda connection: objects_table.set_cors(connection, request.call.bucket, None)
    )
    return Reply(204)
