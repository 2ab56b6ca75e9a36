"""Which store is meant: settings by precedence, this machine's own store, boto3's client."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from faasctl import settings
from faasctl.errors import FaasctlError, UnreachableError, UsageError
from faasctl.settings import S3, Addressing, Settings
from faasctl.store.access import OwnKeys, S3Access, store_access
from faasctl.store.s3 import make_client
from handlers.contract.sigv4 import Credentials


@pytest.fixture(autouse=True)
def _nobodys_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import os

    for name in os.environ:
        if name.startswith(("FAASCTL_", "AWS_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def test_nothing_given_is_this_machines_own_store(tmp_path: Path) -> None:
    assert settings.load(tmp_path).s3 == S3()
    assert not S3().is_given


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("faasctl.toml", '[s3]\nbucket = "of-file"\nregion = "eu-west-1"\n'),
        ("pyproject.toml", '[tool.faasctl.s3]\nbucket = "of-file"\nregion = "eu-west-1"\n'),
    ],
)
def test_each_key_comes_from_flag_then_environment_then_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str
) -> None:
    (tmp_path / name).write_text(text)
    assert settings.load(tmp_path).s3 == S3(bucket="of-file", region="eu-west-1")
    monkeypatch.setenv("FAASCTL_S3_BUCKET", "of-environment")
    monkeypatch.setenv("FAASCTL_S3_PUBLIC_ENDPOINT", "https://s3.example.org")
    assert settings.load(tmp_path).s3 == S3(
        bucket="of-environment", region="eu-west-1", public_endpoint="https://s3.example.org"
    )
    given = settings.load(tmp_path, s3={"bucket": "of-flag", "public-endpoint": ""}).s3
    assert given == S3(bucket="of-flag", region="eu-west-1")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[s3]\nbukcet = "b"\n', "faasctl.toml: s3.bukcet: no such setting"),
        ("[s3]\nbucket = 5\n", "faasctl.toml: s3.bucket: 5 is no text"),
        ('s3 = "bucket"\n', "faasctl.toml: s3 is no table"),
        ('[s3]\naddressing = "host"\n', "s3.addressing: 'host' is no way to address"),
        ('[s3]\nendpoint = "localhost:9000"\n', "s3.endpoint: 'localhost:9000' is no endpoint"),
        ('[s3]\nendpoint = "http://h:99999"\n', "is no endpoint"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "faasctl.toml").write_text(text)
    with pytest.raises(UsageError) as caught:
        settings.load(tmp_path)
    assert message in caught.value.message
    assert caught.value.hint


def test_a_flag_nobody_knows_is_named() -> None:
    with pytest.raises(UsageError, match="--s3 buckets: no such setting"):
        settings.load(None, s3={"buckets": "b"})


def store_of(home: Path, address: str, keys: str) -> Settings:
    folder = home / "store"
    folder.mkdir()
    (folder / "address.json").write_text(address)
    (folder / "credentials.json").write_text(keys)
    return Settings(home)


def test_this_machines_store_is_found_by_its_files(tmp_path: Path) -> None:
    address = json.dumps({"endpoint": "http://127.0.0.1:9"})
    given = store_of(tmp_path, address, '{"KEY": "secret"}')
    assert store_access(given) == S3Access(
        "http://127.0.0.1:9",
        "us-east-1",
        "faasctl",
        Credentials("KEY", "secret"),
        "http://127.0.0.1:9",
        "path",
    )


def test_a_store_that_does_not_run_says_how_to_start_it(tmp_path: Path) -> None:
    with pytest.raises(UnreachableError) as caught:
        store_access(Settings(tmp_path))
    assert "faasctl local start" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("address", "keys"), [("{", '{"K": "s"}'), ("{}", '{"K": "s"}'), ('{"endpoint": "e"}', "{}")]
)
def test_files_of_the_store_that_cannot_be_read_are_named(
    tmp_path: Path, address: str, keys: str
) -> None:
    given = store_of(tmp_path, address, keys)
    with pytest.raises(FaasctlError, match=r"address\.json or credentials\.json"):
        store_access(given)


def test_other_stores_need_a_bucket(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no bucket"):
        store_access(Settings(tmp_path, s3=S3(endpoint="https://s3.example.org")))


@pytest.mark.parametrize(
    ("given", "endpoint", "addressing"),
    [
        (S3(bucket="b"), "", "virtual"),
        (S3(bucket="b", endpoint="https://in.example.org"), "https://in.example.org", "path"),
        (
            S3(bucket="b", endpoint="http://in:9", public_endpoint="https://out.example.org"),
            "https://out.example.org",
            "path",
        ),
        (
            S3(bucket="b", endpoint="https://e.org", addressing="virtual"),
            "https://e.org",
            "virtual",
        ),
    ],
)
def test_links_name_the_public_endpoint(
    tmp_path: Path, given: S3, endpoint: str, addressing: Addressing
) -> None:
    found = store_access(Settings(tmp_path, s3=given))
    assert (found.public_endpoint, found.addressing) == (endpoint, addressing)
    assert found.credentials == OwnKeys()


def access(**changes: str) -> S3Access:
    return S3Access(
        endpoint=changes.get("endpoint", ""),
        region=changes.get("region", "eu-west-1"),
        bucket="pictures",
        credentials=Credentials("KEY", "secret", changes.get("token", "")),
        public_endpoint=changes.get("endpoint", ""),
        addressing="path" if "endpoint" in changes else "virtual",
    )


def signed(found: S3Access, operation: str = "put_object", **params: object) -> str:
    url: str = make_client(found).generate_presigned_url(
        operation, Params={"Bucket": found.bucket, "Key": "k", **params}, ExpiresIn=60
    )
    return url


def test_links_are_signed_by_version_4_for_the_region_itself() -> None:
    parts = urlsplit(signed(access()))
    assert parts.netloc == "pictures.s3.eu-west-1.amazonaws.com"
    query = parse_qs(parts.query)
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert "/eu-west-1/s3/" in query["X-Amz-Credential"][0]
    assert query["X-Amz-SignedHeaders"] == ["host"]


def test_a_store_of_ones_own_is_addressed_by_path() -> None:
    url = signed(access(endpoint="https://s3.example.org:9000"))
    assert url.startswith("https://s3.example.org:9000/pictures/k?")


def test_a_sessions_token_goes_with_the_link() -> None:
    assert parse_qs(urlsplit(signed(access(token="t"))).query)["X-Amz-Security-Token"] == ["t"]


def own_keys(profile: str = "") -> S3Access:
    return S3Access("", "", "pictures", OwnKeys(profile), "", "virtual")


def test_without_credentials_no_link_is_made() -> None:
    with pytest.raises(UsageError, match="no credentials") as caught:
        make_client(own_keys())
    assert "AWS_ACCESS_KEY_ID" in (caught.value.hint or "")


def test_a_profile_nobody_knows_is_named() -> None:
    with pytest.raises(UsageError, match="profile"):
        make_client(own_keys("nobody"))


def test_a_profiles_keys_and_region_are_used(tmp_path: Path) -> None:
    (tmp_path / "credentials").write_text(
        "[work]\naws_access_key_id = WORK\naws_secret_access_key = s\n"
    )
    (tmp_path / "config").write_text("[profile work]\nregion = eu-north-1\n")
    query = parse_qs(urlsplit(signed(own_keys("work"))).query)
    credential = query["X-Amz-Credential"][0]
    assert credential.startswith("WORK/")
    assert "/eu-north-1/" in credential


def test_a_region_that_cannot_be_is_told_without_a_trace() -> None:
    with pytest.raises(UsageError, match="the S3 settings can't be used"):
        signed(access(region="no region"))
