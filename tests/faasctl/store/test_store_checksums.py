"""Checksums of every kind: asked for, compared, given back, worked out."""

from __future__ import annotations

import base64
import random
import zlib
from typing import Any

import pytest
from botocore.exceptions import ClientError

from faasctl.store.embedded import crc
from faasctl.store.embedded.checksums import ALGORITHMS, parse_kind, parse_wanted
from faasctl.store.embedded.faults import S3Error
from tests.faasctl.store.store_endpoint import Endpoint

# https://reveng.sourceforge.io/crc-catalogue/all.htm: the check values of "123456789"
CHECKS = {
    "CRC32": "cbf43926",
    "CRC32C": "e3069283",
    "CRC64NVME": "ae8b14860a799888",
    "SHA1": "f7c3bc1d808e04732adf679965ccc34ca7ae3441",
}


@pytest.mark.parametrize("algorithm", CHECKS)
def test_check_values(algorithm: str) -> None:
    hasher = ALGORITHMS[algorithm].make()
    for piece in (b"1", b"", b"2345", b"678", b"9"):
        hasher.update(piece)
    assert hasher.digest().hex() == CHECKS[algorithm]


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME"])
def test_checksums_of_pieces_make_that_of_the_whole(algorithm: str) -> None:
    chance = random.Random(7)
    polynomial = ALGORITHMS[algorithm].polynomial
    assert polynomial is not None
    for _ in range(20):
        first, second = (
            chance.randbytes(chance.randrange(99)),
            chance.randbytes(chance.randrange(99)),
        )
        digests = []
        for data in (first, second, first + second):
            hasher = ALGORITHMS[algorithm].make()
            hasher.update(data)
            digests.append(hasher.digest())
        assert crc.combine(polynomial, digests[0], digests[1], len(second)) == digests[2]


def test_our_table_agrees_with_zlib() -> None:
    data = random.Random(1).randbytes(10_001)
    table = crc.TableCrc(crc.CRC32)
    table.update(data)
    assert table.digest() == zlib.crc32(data).to_bytes(4, "big")


@pytest.mark.parametrize(
    "headers",
    [
        {"x-amz-checksum-crc32": "AAAAAA==", "x-amz-checksum-sha1": "A"},
        {"x-amz-checksum-crc32": "AAAA"},
        {"x-amz-checksum-crc32": "not base64"},
        {"x-amz-checksum-crc32": "AAAAAA==", "x-amz-trailer": "x-amz-checksum-crc32"},
        {"x-amz-trailer": "x-amz-meta-a"},
        {"x-amz-sdk-checksum-algorithm": "CRC32"},
        {"x-amz-sdk-checksum-algorithm": "MD5"},
        {"x-amz-sdk-checksum-algorithm": "SHA1", "x-amz-checksum-crc32": "AAAAAA=="},
    ],
)
def test_checksums_that_make_no_sense(headers: dict[str, str]) -> None:
    with pytest.raises(S3Error) as error:
        parse_wanted(headers)
    assert error.value.code == "InvalidRequest"


@pytest.mark.parametrize(
    ("kind", "algorithm"),
    [("FULL_OBJECT", "SHA256"), ("COMPOSITE", "CRC64NVME"), ("HALF", "CRC32")],
)
def test_kinds_that_do_not_go_together(kind: str, algorithm: str) -> None:
    with pytest.raises(S3Error):
        parse_kind(kind, algorithm)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_checksum_is_checked_kept_and_given_back(endpoint: Endpoint, algorithm: str) -> None:
    client: Any = endpoint.client()
    place = {"Bucket": endpoint.bucket, "Key": f"checksums/{algorithm}"}
    hasher = ALGORITHMS[algorithm].make()
    hasher.update(b"body" * 1000)
    value = base64.b64encode(hasher.digest()).decode()
    name = f"Checksum{algorithm}"
    put = client.put_object(**place, Body=b"body" * 1000, **{name: value})
    assert put[name] == value
    assert client.head_object(**place, ChecksumMode="ENABLED")[name] == value
    assert client.get_object(**place, ChecksumMode="ENABLED")[name] == value
    assert name not in client.head_object(**place)
    with pytest.raises(ClientError, match="BadDigest"):
        client.put_object(**place, Body=b"other", **{name: value})
    assert client.get_object(**place)["Body"].read() == b"body" * 1000


@pytest.mark.parametrize("addressing", ["path", "virtual"])
def test_clients_with_todays_defaults(ours: Endpoint, addressing: str) -> None:
    """boto3 sends CRC-32 of everything and verifies what it gets, unless told otherwise."""
    client = ours.client("when_supported", addressing)
    client.put_object(Bucket=ours.bucket, Key="checksums/default", Body=b"x")
    got = client.get_object(Bucket=ours.bucket, Key="checksums/default")
    assert got["Body"].read() == b"x"
    assert got["ChecksumCRC32"] == base64.b64encode(zlib.crc32(b"x").to_bytes(4, "big")).decode()
