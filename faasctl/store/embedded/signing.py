"""Signatures made again with botocore's own signers, to be compared with those that came.

https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials

from faasctl.store.embedded.call import Call
from faasctl.store.embedded.claims import Claim, Scope

_EMPTY = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class Signer:
    """A secret bound to one credential scope and moment."""

    scope: Scope
    timestamp: str
    secret: str

    def request(self, call: Call, claim: Claim, payload: str) -> str:
        """The signature that the request should carry.

        S3 encodes the decoded path once and never normalises it; the query goes in without its
        own signature.
        """
        signer = self._signer(S3SigV4Auth if claim.lifetime is None else S3SigV4QueryAuth)
        request = self._request(call)
        headers = HTTPHeaders()
        for name in claim.signed_headers:
            headers[name] = call.headers.get(name, "")
        canonical = "\n".join(
            (
                call.method,
                quote(call.path, safe="/~"),
                signer.canonical_query_string(request),
                signer.canonical_headers(headers) + "\n",
                ";".join(claim.signed_headers),
                payload,
            )
        )
        text = signer.string_to_sign(request, canonical)
        return str(signer.signature(text, request))

    def policy(self, encoded: str) -> str:
        """The signature of a POST policy: its base64 text is the string to sign."""
        return self._sign(encoded)

    def chunk(self, previous: str, digest: str) -> str:
        """The signature of one chunk of a streamed body."""
        return self._sign(self._text("AWS4-HMAC-SHA256-PAYLOAD", previous, _EMPTY, digest))

    def trailer(self, previous: str, digest: str) -> str:
        """The signature of the trailing headers of a streamed body."""
        return self._sign(self._text("AWS4-HMAC-SHA256-TRAILER", previous, digest))

    def _text(self, *parts: str) -> str:
        scope = f"{self.scope.date}/{self.scope.region}/s3/aws4_request"
        return "\n".join((parts[0], self.timestamp, scope, *parts[1:]))

    def _sign(self, text: str) -> str:
        request = AWSRequest(method="PUT", url="")
        request.context["timestamp"] = self.timestamp
        return str(self._signer(S3SigV4Auth).signature(text, request))

    def _request(self, call: Call) -> Any:
        pairs = [pair for pair in call.query if pair[0] != "X-Amz-Signature"]
        request = AWSRequest(method=call.method, url="", params=pairs)
        request.context["timestamp"] = self.timestamp
        return request

    def _signer(self, kind: Any) -> Any:
        credentials = Credentials(self.scope.access_key, self.secret)
        arguments = (credentials, "s3", self.scope.region)
        return kind(*arguments) if kind is S3SigV4Auth else kind(*arguments, expires=0)
