"""The API of an application, as it is compiled and released."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from faasctl.errors import FaasctlError
from faasctl.model import (
    APIComponent,
    BasicAuth,
    ComponentApi,
    DataBox,
    EnvSecret,
    FilesApi,
    MLComponent,
    Module,
    OidcAuth,
    Position,
    SecretKey,
)
from faasctl.plan import StorageAddress
from faasctl.targets import application
from faasctl.targets.application import PreparedApi
from faasctl.targets.local import Site
from handlers.contract import application as contract

HERE = Position("m.yaml", 1, 1)
SITE = Site(StorageAddress("http://s", "http://s", "faasctl", "us-east-1", "path"), "/boxes")
FILES = APIComponent(
    "files-api", HERE, FilesApi(), auth=(BasicAuth("api-users"),), identity_pass_through=True
)
EDGES = APIComponent(
    "edges-api", HERE, ComponentApi("edges", "find"), auth=(OidcAuth("https://i", "aud"),)
)
MODULE = Module(
    Path("/m/pictures"),
    "pictures",
    (DataBox("users", HERE, capacity=5), MLComponent("edges", HERE, timeout=7.0), FILES, EDGES),
)


def test_a_module_without_apis_has_no_application() -> None:
    assert application.compile_application(replace(MODULE, components=())) is None


def test_every_api_is_compiled_with_who_may_call_it() -> None:
    found = application.compile_application(MODULE)
    assert found is not None
    assert found.boxes == (contract.Box("users", 5),)
    assert found.files is not None
    assert found.files.access.credentials == "FAASCTL_CREDENTIALS_API_USERS"
    assert found.files.access.identity_pass_through
    (function,) = found.functions
    assert (function.component, function.path, function.timeout) == ("edges", "find", 7.0)
    assert function.access.oidc == contract.Provider("https://i", "aud")
    assert contract.parse(contract.dump(found)) == found


def test_the_release_holds_secrets_by_name_alone() -> None:
    found = application.compile_application(MODULE)
    assert found is not None
    prepared = PreparedApi("/env/bin/python", "/runtime", "abc")
    release = application.render(MODULE, found, prepared, SITE, "http://127.0.0.1:8787")
    assert release.kind == "APIComponent"
    wanted = EnvSecret("FAASCTL_CREDENTIALS_API_USERS", SecretKey("api-users", "*"))
    assert wanted in release.environment
    assert release.claims == (*application.OWN_PATHS, "find")


def test_a_function_with_the_apis_own_name_is_refused() -> None:
    module = replace(MODULE, components=(*MODULE.components, MLComponent(application.NAME, HERE)))
    found = application.compile_application(module)
    assert found is not None
    with pytest.raises(FaasctlError, match="application-api"):
        application.render(module, found, PreparedApi("p", "r", "d"), SITE, "http://g")


@pytest.mark.parametrize(
    ("published", "component", "path"),
    [(True, "edges", "find"), (False, "edges", None), (True, "x", None)],
)
def test_a_component_is_reached_by_its_published_api(
    component: str, path: str | None, *, published: bool
) -> None:
    module = replace(MODULE, components=(FILES, replace(EDGES, published=published)))
    assert application.api_path(module, component) == path
