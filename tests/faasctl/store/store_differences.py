"""Where versitygw 1.8 does not do what our store does, each with the reason to keep ours.

A row that no longer differs fails its test, so that the table can't go stale.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Difference:
    """What versitygw answers to a forgery, and why we don't."""

    status: int
    code: str
    why: str


FORGERIES: dict[str, Difference] = {
    "link: signature twice": Difference(
        200, "", "It takes the first of several parameters; we refuse what can be read two ways."
    ),
    "link: credential twice": Difference(200, "", "As above."),
    "link: expiry twice": Difference(403, "SignatureDoesNotMatch", "As above, refused later."),
    "link: not yet valid": Difference(
        200, "", "It has no check for links from the future; S3 refuses them past 15 minutes."
    ),
    "link: two mechanisms": Difference(
        200, "", "It ignores the header beside the query; S3 allows one of them."
    ),
    "link: key with NUL": Difference(
        403, "SignatureDoesNotMatch", "It looks at the path after the signature; so for the next 2."
    ),
    "link: key of no UTF-8": Difference(403, "SignatureDoesNotMatch", "As above."),
    "link: key cut in a character": Difference(403, "SignatureDoesNotMatch", "As above."),
    "link: key with a bad escape": Difference(500, "InternalError", "It has no answer to it."),
    "link: key out of the bucket": Difference(
        400, "400", "Keys are its paths, so it refuses dots; ours are names and literal."
    ),
    "link: upload begun": Difference(
        400, "InvalidRequest", "It looks for a handler before the signature; we do not."
    ),
    "header: other mechanism": Difference(
        400, "InvalidArgument", "S3 names two codes for this in its documentation."
    ),
    "header: chunks too small": Difference(
        400, "InvalidChunkSizeError", "S3's list of errors has 403 for it."
    ),
    "header: trailing checksum exchanged": Difference(
        400, "BadDigest", "It compares the checksum before the signature that covers it."
    ),
    "header: ACL public": Difference(
        200, "", "It keeps ACLs; here everything is private, as in a new bucket of S3."
    ),
    "form: key above": Difference(400, "400", "As for links: it refuses dots before the policy."),
    "form: key too long": Difference(
        409, "ExistingObjectIsDirectory", "It leaves the length to the file system."
    ),
    "form: file left out": Difference(204, "", "It makes an empty object; S3 wants one file."),
    "form: form cut off": Difference(500, "InternalError", "It has no answer to it."),
    "form: form of another type": Difference(
        412, "PreconditionFailed", "S3 has MalformedPOSTRequest for it since it has POST."
    ),
}

#: Tests that versitygw does not pass, by name.
CONFORMANCE: dict[str, str] = {
    "test_an_object_unchanged_since_then_is_not_sent": (
        "It compares If-Modified-Since with fractions of a second that no header can carry."
    ),
    "test_a_bucket_name_has_no_empty_label": "It takes two dots in a row, which S3 refuses.",
    "test_a_quiet_batch_tells_only_of_errors": "It tells of every deleted key even when quiet.",
    "test_framing_is_no_encoding_of_the_object": (
        "It keeps aws-chunked as an encoding of the object; S3 takes it off."
    ),
    "test_uploads_are_listed_in_pages": (
        "It refuses the upload marker that it gave out itself when a page ends inside a prefix."
    ),
}
