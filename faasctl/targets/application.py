"""The API of an application as its handler reads it, and as the gateway runs it; pure."""

from __future__ import annotations

from dataclasses import dataclass

from faasctl.errors import FaasctlError
from faasctl.model import (
    APIComponent,
    BasicAuth,
    ComponentApi,
    EnvSecret,
    EnvValue,
    FilesApi,
    Module,
    OidcAuth,
    Scaling,
    SecretKey,
)
from faasctl.plan import LocalRelease
from faasctl.targets.local import Site, named, storage_environment
from handlers.contract import application
from handlers.contract.application import Access, Box, CompiledApplication, FunctionApi, Provider

#: The release's name; no function of the module may have it.
NAME = "application-api"

#: As a secret's key: all of it, as one JSON object.
WHOLE = "*"


#: What an application's URL has beside its functions' paths.
OWN_PATHS = ("files", "docs", "openapi.json", "application.json")

#: Seconds: no target lets a call take longer.
LONGEST_CALL = 900.0


@dataclass(frozen=True, slots=True)
class PreparedApi:
    """Where the API's interpreter and handler are; `digest` covers both."""

    python: str
    runtime: str
    digest: str


def compile_application(module: Module) -> CompiledApplication | None:
    """What the module's APIComponents amount to; None where it has none."""
    files = next((one for one in module.apis if isinstance(one.target, FilesApi)), None)
    functions = tuple(
        _function(module, one, one.target)
        for one in module.apis
        if isinstance(one.target, ComponentApi)
    )
    if files is None and not functions:
        return None
    return CompiledApplication(
        module.namespace,
        tuple(Box(one.name, one.capacity) for one in module.boxes),
        application.FilesApi(files.name, _access(files), files.published) if files else None,
        functions,
    )


def _function(module: Module, api: APIComponent, target: ComponentApi) -> FunctionApi:
    timeouts = {one.name: one.timeout for one in module.functions}
    return FunctionApi(
        api.name,
        target.component,
        target.path,
        _access(api),
        api.published,
        timeout=timeouts.get(target.component, 60.0),
    )


def _access(api: APIComponent) -> Access:
    basic = next((one for one in api.auth if isinstance(one, BasicAuth)), None)
    oidc = next((one for one in api.auth if isinstance(one, OidcAuth)), None)
    return Access(
        credentials=_variable(basic.credentials) if basic else "",
        oidc=Provider(oidc.issuer, oidc.audience) if oidc else None,
        identity_pass_through=api.identity_pass_through,
    )


def _variable(secret: str) -> str:
    return f"FAASCTL_CREDENTIALS_{secret.upper().replace('-', '_').replace('.', '_')}"


def render(
    module: Module, compiled: CompiledApplication, prepared: PreparedApi, site: Site, gateway: str
) -> LocalRelease:
    """The API as one more release; `gateway` is the URL behind which the functions are.

    Raises FaasctlError for a function that has the API's own name.
    """
    if any(one.name == NAME for one in module.functions):
        raise FaasctlError(
            f"{NAME!r} is the name of the application's API", hint="rename the component"
        )
    secrets = sorted(
        {one.credentials for api in module.apis for one in api.auth if isinstance(one, BasicAuth)}
    )
    release = LocalRelease(
        module=module.name,
        namespace=module.namespace,
        name=NAME,
        kind="APIComponent",
        digest="",
        artifact=prepared.digest,
        command=(
            prepared.python,
            "-I",
            f"{prepared.runtime}/handlers/start_api.py",
            "{component}",
        ),
        directory=prepared.runtime,
        component=application.dump(compiled),
        environment=(
            *storage_environment(site.storage),
            EnvValue("FAASCTL_FUNCTIONS_URL", f"{gateway}/{module.namespace}/{{component}}@"),
            *(EnvSecret(_variable(one), SecretKey(one, WHOLE)) for one in secrets),
        ),
        scaling=Scaling(min=0, max=1, concurrency=0, idle=300.0),
        timeout=LONGEST_CALL,
        claims=(*OWN_PATHS, *(one.path for one in compiled.functions)),
    )
    return named(release)


def api_path(module: Module, component: str) -> str | None:
    """The path below the application's URL by which callers reach a component, if it has one."""
    for api in module.apis:
        if isinstance(api.target, ComponentApi) and api.target.component == component:
            return api.target.path if api.published else None
    return None
