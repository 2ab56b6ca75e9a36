"""Who we are to a registry: docker's configuration file, its helpers, AWS for its registries."""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from faasctl import process
from faasctl.errors import BuildError

_AWS = re.compile(r"(?P<account>\d{12})\.dkr\.ecr(-fips)?\.(?P<region>[a-z0-9-]+)\.amazonaws\.com")
_HUB = ("https://index.docker.io/v1/", "docker.io", "index.docker.io", "registry-1.docker.io")


@dataclass(frozen=True, slots=True)
class Login:
    """A user and a password; or, for `identity`, a token to be exchanged."""

    user: str
    password: str
    identity: str = ""

    def __repr__(self) -> str:
        return f"Login({self.user!r}, ***)"


Helper = Callable[[str, str], str]
Lookup = Callable[[str], Login | None]


def docker_config(environment: Mapping[str, str]) -> Path:
    """Where docker, podman and others keep what `login` wrote."""
    folder = environment.get("DOCKER_CONFIG")
    return (Path(folder) if folder else Path.home() / ".docker") / "config.json"


def find(host: str) -> Login | None:
    """The login for a registry on this machine, None for an anonymous caller.

    Raises BuildError when the configuration can't be read or a helper fails.
    """
    return login(host, read_config(docker_config(os.environ)), helper=ask_program, aws=aws_login)


def read_config(file: Path) -> Mapping[str, Any]:
    """The configuration, empty without a file."""
    try:
        found = json.loads(file.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise BuildError(
            f"{file} can't be read: {error}", hint="mend it, or log in again"
        ) from error
    return found if isinstance(found, dict) else {}


def login(host: str, config: Mapping[str, Any], *, helper: Helper, aws: Lookup) -> Login | None:
    """The registry's own helper, else the file's entry, the general helper, what AWS says."""
    names = _HUB if host in _HUB else (host, f"https://{host}", f"http://{host}")
    helpers = config.get("credHelpers") or {}
    for name in names:
        if helpers.get(name):
            return _from_program(helpers[name], name, helper)
    entries = (config.get("auths") or {}).items()
    given = (one for key, one in entries if key in names or _host_of(key) in names)
    store = config.get("credsStore")
    stored = (_from_program(store, name, helper) for name in names if store)
    found = next((one for one in (*map(_from_entry, given), *stored) if one), None)
    return found or (aws(host) if _AWS.fullmatch(host) else None)


def _host_of(key: str) -> str:
    return key.removeprefix("https://").removeprefix("http://").partition("/")[0]


def _from_entry(entry: Mapping[str, Any] | None) -> Login | None:
    if not entry:
        return None
    if entry.get("identitytoken"):
        return Login("", "", str(entry["identitytoken"]))
    if entry.get("auth"):
        try:
            text = base64.b64decode(entry["auth"], validate=True).decode()
        except ValueError as error:
            raise BuildError(
                "docker's configuration holds an `auth` that is no base64", hint="log in again"
            ) from error
        user, _, password = text.partition(":")
        return Login(user, password.rstrip("\0"))
    if entry.get("username"):
        return Login(str(entry["username"]), str(entry.get("password", "")))
    return None


def _from_program(name: str, host: str, helper: Helper) -> Login | None:
    said = helper(name, host)
    if not said:
        return None
    try:
        found = json.loads(said)
        user, secret = str(found["Username"]), str(found["Secret"])
    except (ValueError, KeyError, TypeError) as error:
        raise BuildError(
            f"docker-credential-{name} answered for {host} with something else than credentials",
            hint="log in again",
        ) from error
    return Login("", "", secret) if user == "<token>" else Login(user, secret)


def ask_program(name: str, host: str) -> str:
    """What `docker-credential-NAME get` prints, empty where it knows nothing of the host."""
    done = process.capture([f"docker-credential-{name}", "get"], text=host)
    if done.code == 0:
        return done.output
    said = (done.output + done.errors).strip()
    if "not found" in said:
        return ""
    raise BuildError(
        f"docker-credential-{name} failed for {host}: {said}", hint=f"log in to {host} again"
    )


def aws_login(host: str) -> Login | None:
    """A login for AWS's registry, by the credentials that boto3 finds; None without any."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

    match = _AWS.fullmatch(host)
    if match is None:
        return None
    client = boto3.client("ecr", region_name=match["region"])
    try:
        data = client.get_authorization_token(registryIds=[match["account"]])["authorizationData"]
    except NoCredentialsError:
        return None
    except (BotoCoreError, ClientError) as error:
        raise BuildError(
            f"AWS gives no login for {host}: {error}",
            hint="the caller needs ecr:GetAuthorizationToken",
        ) from error
    return _from_entry({"auth": data[0]["authorizationToken"]})
