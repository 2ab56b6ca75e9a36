"""The embedded store as a service of the gateway."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from faasctl.gateway.records import Records
from faasctl.model import EnvSecret, SecretKey
from tests.faasctl.gateway.gateway_world import World, gateway, release, until

pytestmark = pytest.mark.e2e


def client(home: Path) -> Any:
    endpoint = json.loads((home / "store" / "address.json").read_text())["endpoint"]
    keys = json.loads((home / "store" / "credentials.json").read_text())
    ((access_key, secret),) = keys.items()
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret,
        region_name="us-east-1",
        config=Config(signature_version="s3v4", retries={"total_max_attempts": 5}),
    )


def store_pid(home: Path) -> int:
    (record,) = Records(home).processes()
    return record.pid


async def test_a_store_that_dies_comes_back_at_its_address_with_its_objects(tmp_path: Path) -> None:
    home = tmp_path / "home"
    async with gateway(home) as world:
        endpoint = await asyncio.to_thread(world.link.start_store)
        s3 = client(home)
        await asyncio.to_thread(lambda: s3.create_bucket(Bucket="kept"))
        await asyncio.to_thread(lambda: s3.put_object(Bucket="kept", Key="k", Body=b"kept"))
        killed = store_pid(home)
        os.kill(killed, signal.SIGKILL)
        await until(lambda: [r.pid for r in Records(home).processes()] not in ([], [killed]))
        assert await asyncio.to_thread(world.link.start_store) == endpoint
        found = await asyncio.to_thread(s3.get_object(Bucket="kept", Key="k")["Body"].read)
        assert found == b"kept"


async def test_a_home_that_used_a_store_has_it_with_the_next_gateway(tmp_path: Path) -> None:
    home = tmp_path / "home"
    async with gateway(home) as world:
        endpoint = await asyncio.to_thread(world.link.start_store)
    assert not list(Records(home).processes())
    async with gateway(home) as world:
        await until(lambda: list(Records(home).processes()))
        assert await asyncio.to_thread(world.link.start_store) == endpoint


async def test_the_stores_folders_are_private(tmp_path: Path) -> None:
    home = tmp_path / "home"
    async with gateway(home) as world:
        await asyncio.to_thread(world.link.start_store)
        assert (home / "store").stat().st_mode & 0o077 == 0
        assert (home / "store" / "credentials.json").stat().st_mode & 0o077 == 0


async def test_a_whole_secret_is_one_json_object(world: World) -> None:
    folder = world.home / "secrets" / "shop"
    folder.mkdir(parents=True)
    (folder / "users.json").write_text('{"ann":"1","bob":"2"}')
    wanted = EnvSecret("USERS", SecretKey("users", "*"))
    await world.deploy(release(environment=(wanted,)))
    seen = (await world.call("iris/")).value["environment"]
    assert json.loads(seen["USERS"]) == {"ann": "1", "bob": "2"}
