"""What the command line and the gateway say survives the way."""

from __future__ import annotations

import pytest

from faasctl import wire
from faasctl.errors import DeployError, FaasctlError, OwnershipError
from faasctl.model import EnvSecret, EnvValue, LocalPorts, Scaling, SecretKey
from faasctl.plan import (
    AllTraffic,
    Deployment,
    Endpoint,
    Event,
    LocalRelease,
    Rollout,
    Share,
    TagOnly,
    Weighted,
)

RELEASE = LocalRelease(
    module="m",
    namespace="n",
    name="iris",
    kind="MLComponent",
    digest="d",
    artifact="a",
    command=("python", "{component}"),
    directory="/code",
    component='{"é": 1}',
    environment=(EnvValue("A", "1"), EnvSecret("B", SecretKey("door", "key"))),
    scaling=Scaling(min=1, idle=0.5, burst=3),
    timeout=2.5,
    memory=1 << 30,
    ports=LocalPorts(8090, 8001),
    public=True,
)

DEPLOYMENT = Deployment(
    name="iris",
    kind="MLComponent",
    target="local",
    url="http://127.0.0.1/n/iris",
    revision="iris-00001",
    artifact="a",
    ready=True,
    replicas=1,
    endpoints=(Endpoint("docs", "u"),),
    traffic=(Share("iris-00001", 100),),
    tags={"t": "iris-00001"},
    notes=("a note",),
)


def test_a_release_comes_back_as_it_was() -> None:
    assert wire.decode_release(wire.encode_release(RELEASE)) == RELEASE


@pytest.mark.parametrize("rollout", [AllTraffic(), TagOnly("t"), Weighted(10)])
def test_a_deploy_comes_back_as_it_was(rollout: Rollout) -> None:
    wish = wire.DeployRequest((RELEASE,), rollout, 1.5)
    assert wire.decode_deploy(wire.encode_deploy(wish)) == wish


@pytest.mark.parametrize(
    "message",
    [
        Event("iris", "log", "a\nline"),
        wire.Deployed((DEPLOYMENT,)),
        wire.Fault("DeployError", "m", "h", ("l",)),
    ],
)
def test_a_message_is_one_line_and_comes_back(message: wire.Message) -> None:
    line = wire.encode_message(message)
    assert line.count(b"\n") == 1
    assert wire.decode_message(line) == message


@pytest.mark.parametrize(
    "error",
    [
        DeployError("m", log=("a", "b"), hint="h"),
        OwnershipError("m", hint="h"),
        FaasctlError("m"),
    ],
)
def test_an_error_is_raised_as_what_it_was(error: FaasctlError) -> None:
    again = wire.error_of(wire.fault_of(error))
    assert type(again) is type(error)
    assert (again.message, again.hint) == (error.message, error.hint)
    assert getattr(again, "log", ()) == getattr(error, "log", ())


@pytest.mark.parametrize("name", ["Unheard", "Problem", "Sequence"])
def test_an_error_of_an_unknown_class_is_the_root(name: str) -> None:
    assert type(wire.error_of(wire.Fault(name, "m"))) is FaasctlError


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"releases": 1}', b"null"])
def test_what_is_no_deploy_is_refused(content: bytes) -> None:
    with pytest.raises(FaasctlError):
        wire.decode_deploy(content)
    with pytest.raises(FaasctlError):
        wire.decode_release(content)
    with pytest.raises(FaasctlError):
        wire.decode_message(content)
