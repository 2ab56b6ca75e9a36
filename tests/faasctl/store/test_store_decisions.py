"""The pure decisions of the embedded store, as tables and against models."""

from __future__ import annotations

import bisect
import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faasctl.store.embedded import address, documents, listing
from faasctl.store.embedded.auth import authenticate
from faasctl.store.embedded.call import Call
from faasctl.store.embedded.chunked import ChunkDecoder
from faasctl.store.embedded.claims import Scope
from faasctl.store.embedded.conditions import evaluate_read
from faasctl.store.embedded.faults import S3Error
from faasctl.store.embedded.form import FieldReader, FileDecoder, parse_boundary
from faasctl.store.embedded.payload import Streamed
from faasctl.store.embedded.ranges import Span, parse_copy_range, parse_range
from faasctl.store.embedded.records import Object
from faasctl.store.embedded.signing import Signer

TARGETS = [
    ("/", "localhost", "", "", ()),
    ("/box", "localhost", "box", "", ()),
    ("/box/", "localhost", "box", "", ()),
    ("/box/a/b", "127.0.0.1:9000", "box", "a/b", ()),
    ("/box//a", "[::1]:9000", "box", "/a", ()),
    ("/box/../a", "h", "box", "../a", ()),
    ("/box/%2e%2e/a", "h", "box", "../a", ()),
    ("/box/a%2Fb", "h", "box", "a/b", ()),
    ("/box/a+b%2Bc", "h", "box", "a+b+c", ()),
    ("/box/%C3%BC", "h", "box", "ü", ()),
    ("/a/b", "box.localhost", "box", "a/b", ()),
    ("/", "BOX.localhost:80", "box", "", ()),
    ("/x", "my.box.localhost", "my.box", "x", ()),
    ("/box?a=1&b&c=%20+", "h", "box", "", (("a", "1"), ("b", ""), ("c", "  "))),
]


@pytest.mark.parametrize(("raw", "host", "bucket", "key", "query"), TARGETS)
def test_targets(raw: str, host: str, bucket: str, key: str, query: Any) -> None:
    target = address.parse_target(raw, host)
    assert (target.bucket, target.key, target.query) == (bucket, key, query)


@pytest.mark.parametrize("raw", ["box", "http://h/box", "/a%", "/a%0", "/%ff", "/a%00", "/?a=%fe"])
def test_targets_that_are_none(raw: str) -> None:
    with pytest.raises(S3Error) as error:
        address.parse_target(raw, "h")
    assert error.value.code == "InvalidURI"


@pytest.mark.parametrize(
    ("text", "place"),
    [("b/k", ("b", "k")), ("/b/k/l", ("b", "k/l")), ("b/a%2Fb%20c?versionId=null", ("b", "a/b c"))],
)
def test_copy_sources(text: str, place: tuple[str, str]) -> None:
    assert address.parse_copy_source(text) == place


@pytest.mark.parametrize("text", ["", "b", "b/", "/", "b/k?versionId=7", "b/%ff", "b/%zz"])
def test_copy_sources_that_are_none(text: str) -> None:
    with pytest.raises(S3Error) as error:
        address.parse_copy_source(text)
    assert error.value.code == "InvalidArgument"


@pytest.mark.parametrize(
    ("text", "size", "span"),
    [
        (None, 10, None),
        ("bytes=0-0", 10, Span(0, 1)),
        ("bytes=9-", 10, Span(9, 1)),
        ("bytes=-1", 10, Span(9, 1)),
        ("bytes=-99", 10, Span(0, 10)),
        ("bytes=3-99", 10, Span(3, 7)),
        ("bytes=-", 10, None),
        ("bytes=0-1,2-3", 10, None),
        ("Bytes=0-1", 10, None),
        ("bytes=4-3", 10, None),
    ],
)
def test_ranges(text: str | None, size: int, span: Span | None) -> None:
    assert parse_range(text, size) == span


@pytest.mark.parametrize(("text", "size"), [("bytes=10-", 10), ("bytes=-0", 10), ("bytes=0-", 0)])
def test_ranges_outside(text: str, size: int) -> None:
    with pytest.raises(S3Error, match="not satisfiable"):
        parse_range(text, size)


@pytest.mark.parametrize("text", ["bytes=0-10", "bytes=3-2", "bytes=0-", "0-1", "bytes=0-1,2-3"])
def test_copy_ranges_must_lie_inside(text: str) -> None:
    with pytest.raises(S3Error):
        parse_copy_range(text, 10)


@pytest.mark.parametrize(
    ("headers", "outcome"),
    [
        ({}, "proceed"),
        ({"if-match": '"e"'}, "proceed"),
        ({"if-match": '"x", "e"'}, "proceed"),
        ({"if-match": "*"}, "proceed"),
        ({"if-match": "x"}, "failed"),
        ({"if-none-match": "*"}, "unchanged"),
        ({"if-none-match": 'W/"e"'}, "unchanged"),
        ({"if-none-match": "x"}, "proceed"),
        ({"if-modified-since": "Thu, 01 Jan 1970 00:16:40 GMT"}, "unchanged"),
        ({"if-modified-since": "Thu, 01 Jan 1970 00:16:39 GMT"}, "proceed"),
        ({"if-modified-since": "yesterday"}, "proceed"),
        ({"if-unmodified-since": "Thu, 01 Jan 1970 00:16:40 GMT"}, "proceed"),
        ({"if-unmodified-since": "Thu, 01 Jan 1970 00:16:39 GMT"}, "failed"),
        (
            {"if-match": "e", "if-unmodified-since": "Thu, 01 Jan 1970 00:00:00 GMT"},
            "proceed",
        ),
        (
            {"if-none-match": "x", "if-modified-since": "Thu, 01 Jan 2026 00:00:00 GMT"},
            "proceed",
        ),
    ],
)
def test_conditions(headers: dict[str, str], outcome: str) -> None:
    assert evaluate_read(headers, Object("b", "k", 1, "e", 1000.5)) == outcome


TEXT = st.text(alphabet="ab/\x00\ud7ff\ue000\U0010ffff", max_size=5)


@given(
    keys=st.sets(TEXT.filter(bool), max_size=25),
    prefix=st.text(alphabet="ab/", max_size=2),
    delimiter=st.sampled_from(["", "/", "a", "ab"]),
    limit=st.integers(1, 7),
    after=TEXT,
)
@settings(max_examples=300, deadline=None)
def test_pages_make_what_a_plain_listing_makes(
    keys: set[str], prefix: str, delimiter: str, limit: int, after: str
) -> None:
    ordered = sorted(keys)

    def source(start: str) -> list[tuple[str, str]]:
        return [(key, key) for key in ordered[bisect.bisect_left(ordered, start) :]]

    found: list[str] = []
    start = listing.start_after(after, prefix, delimiter)
    for _ in range(60):
        question = listing.Question(prefix, delimiter, limit, start)
        page = listing.list_page(question, source)
        assert len(page.items) + len(page.prefixes) <= limit
        found += sorted([*page.items, *page.prefixes])
        if page.next_start is None:
            break
        start = listing.decode_token(listing.encode_token(page.next_start))
    assert found == _plain(ordered, prefix, delimiter, after)


def _plain(keys: list[str], prefix: str, delimiter: str, after: str) -> list[str]:
    names = []
    for key in keys:
        if key > after and key.startswith(prefix):
            common = listing.common_prefix(key, prefix, delimiter)
            if common is None or common != after:
                names.append(common or key)
    return sorted(set(names))


def _pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({cut % (len(data) + 1) for cut in cuts} | {0, len(data)})
    return [data[a:b] for a, b in itertools.pairwise(places)]


@given(st.binary(max_size=200), st.lists(st.integers(0, 10_000), max_size=12))
@settings(deadline=None)
def test_a_form_reads_the_same_however_it_is_cut(file: bytes, cuts: list[int]) -> None:
    file = file.replace(b"\r\n--b", b"")
    whole = (
        (
            b'--b\r\nContent-Disposition: form-data; name="Key"\r\n\r\na/${filename}\r\n'
            b'--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'
        )
        + file
        + b'\r\n--b\r\nContent-Disposition: form-data; name="late"\r\n\r\n1\r\n--b--\r\n'
    )
    boundary = parse_boundary("multipart/form-data; boundary=b")
    reader, decoder, form = FieldReader(boundary), FileDecoder(boundary), None
    taken: list[bytes] = []
    for piece in _pieces(whole, cuts):
        if form is None:
            form = reader.feed(piece)
            taken += decoder.feed(reader.rest()) if form else []
        else:
            taken += decoder.feed(piece)
    decoder.finish()
    assert form is not None
    assert (form.fields, form.file_name) == ({"key": "a/${filename}"}, "x")
    assert b"".join(taken) == file


@given(st.lists(st.integers(0, 40_000), max_size=12))
@settings(deadline=None)
def test_chunks_read_the_same_however_they_are_cut(cuts: list[int]) -> None:
    data = (bytes(range(256)) * 40, b"end")
    framed = b"".join(f"{len(one):x}".encode() + b"\r\n" + one + b"\r\n" for one in data)
    framed += b"0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n"
    signer = Signer(Scope("K", "20260101", "r"), "20260101T000000Z", "S")
    decoder = ChunkDecoder(Streamed(signed=False, trailer=True), signer, "")
    taken = [one for piece in _pieces(framed, cuts) for one in decoder.feed(piece)]
    assert b"".join(taken) == b"".join(data)
    assert decoder.finish() == {"x-amz-checksum-crc32": "AAAAAA=="}


@given(st.text(max_size=20))
def test_documents_keep_their_text(text: str) -> None:
    body = documents.document("Delete", [("Key", text)])
    kept = "".join(one for one in text if one >= " " or one in "\t\n\r")
    if kept == text and "\ufffe" not in text and "\uffff" not in text:
        assert documents.read(body, "Delete").value("Key") == text


def test_the_example_of_the_documentation_verifies() -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html."""
    query = (
        ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
        ("X-Amz-Credential", "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request"),
        ("X-Amz-Date", "20130524T000000Z"),
        ("X-Amz-Expires", "86400"),
        ("X-Amz-SignedHeaders", "host"),
        (
            "X-Amz-Signature",
            "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
        ),
    )
    host = {"host": "examplebucket.s3.amazonaws.com"}
    secrets = {"AKIAIOSFODNN7EXAMPLE": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}
    call = Call("GET", "/test.txt", "examplebucket", "test.txt", query, host, 1369353600.0 + 60)
    authenticate(call, secrets, "us-east-1")
    late = Call("GET", "/test.txt", "examplebucket", "test.txt", query, host, 1369353600.0 + 86401)
    with pytest.raises(S3Error, match="expired"):
        authenticate(late, secrets, "us-east-1")
