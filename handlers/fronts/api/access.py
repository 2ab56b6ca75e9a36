"""Who calls an API, and whose area of a box that makes the request mean."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers

from handlers.contract.application import DEVELOPER, Access
from handlers.contract.boxes import NameRefusedError, check_user
from handlers.fronts.api.errors import ApiError, of_name
from handlers.fronts.api.passwords import Passwords, parse_basic
from handlers.fronts.api.tokens import Tokens


@dataclass(frozen=True, slots=True)
class Caller:
    """`area` is whose files are meant; `may_choose` another's by name."""

    user: str
    area: str
    may_choose: bool

    def meant(self, asked: str | None) -> str:
        """The user whose area a request means; raises ApiError (400, 403)."""
        if asked is None:
            return self.area
        try:
            check_user(asked)
        except NameRefusedError as error:
            raise of_name(error) from error
        if asked != self.area and not self.may_choose:
            raise ApiError(403, "Forbidden", f"only {DEVELOPER} may address other users' files")
        return asked


class Guard:
    """One API's door.

    Browsers send a password to whatever else of the origin has the same `realm`: it is the
    application's name, because a gateway serves several.
    """

    def __init__(
        self, realm: str, access: Access, passwords: Passwords | None, tokens: Tokens | None
    ) -> None:
        self._realm = realm
        self._access = access
        self._passwords = passwords
        self._tokens = tokens

    @property
    def ways(self) -> tuple[str, ...]:
        """How one may come in: `basic`, `bearer`, nothing for everybody."""
        found = (("basic", self._passwords), ("bearer", self._tokens))
        return tuple(name for name, way in found if way is not None)

    async def caller(self, headers: Headers) -> Caller:
        """Who calls; raises ApiError (401, 403, 503)."""
        if not self.ways:
            return Caller(DEVELOPER, DEVELOPER, may_choose=True)
        user = await self._user(headers)
        area = user if self._access.identity_pass_through else DEVELOPER
        return Caller(user, area, may_choose=user == DEVELOPER)

    async def _user(self, headers: Headers) -> str:
        given = headers.getlist("authorization")
        if len(given) != 1:
            raise self.unauthenticated("say who you are")
        scheme, _, value = given[0].partition(" ")
        if self._passwords is not None and scheme.lower() == "basic":
            claim = parse_basic(value)
            if claim is not None and await run_in_threadpool(self._passwords.verify, claim):
                return claim.user
            raise self.unauthenticated("the user or the password is wrong")
        if self._tokens is not None and scheme.lower() == "bearer":
            return await self._tokens.verify(value.strip())
        raise self.unauthenticated("this way of authentication is not taken here")

    def unauthenticated(self, message: str) -> ApiError:
        """The error that makes a browser, or a program, say who it is."""
        basic = f'Basic realm="{self._realm}", charset="UTF-8"'
        challenges = {"basic": basic, "bearer": "Bearer"}
        wanted = ", ".join(challenges[one] for one in self.ways)
        taken = f"{message} ({' or '.join(self.ways)})"
        return ApiError(401, "Unauthenticated", taken, headers={"www-authenticate": wanted})
