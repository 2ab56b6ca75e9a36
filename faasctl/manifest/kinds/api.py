"""The APIComponent: keys of its spec."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from faasctl.manifest.kinds.names import NAME_REFERENCE, SECRET, VARIABLE
from faasctl.manifest.paths import UrlSegment
from faasctl.manifest.report import CallClaim, NameClaim, Placed, UrlClaim
from faasctl.manifest.scalars import Flag, Text
from faasctl.manifest.sections import Fields, Key, Section, may, need
from faasctl.manifest.shapes import Items, Located
from faasctl.model import (
    APIComponent,
    ApiTarget,
    ApiVariable,
    Auth,
    BasicAuth,
    Component,
    ComponentApi,
    FilesApi,
    OidcAuth,
    PipelineApi,
    RunsApi,
)

_URL = Text("a URL", r"^https?://[^\s/]+[^\s]*$", hint="for example https://sso.example.org")
CREDENTIALS = need("credentials", SECRET, "the secret that lists users and passwords")
ISSUER = need("issuer", _URL, "the OpenID Connect provider")
AUDIENCE = need("audience", Text(), "whom its tokens are for")
BASIC = may(
    "basic",
    Section(
        "a mapping of credentials", (CREDENTIALS,), lambda fields: BasicAuth(fields[CREDENTIALS])
    ),
    "user names and passwords",
)
OIDC = may(
    "oidc",
    Section(
        "a mapping of issuer and audience",
        (ISSUER, AUDIENCE),
        lambda fields: OidcAuth(fields[ISSUER], fields[AUDIENCE]),
    ),
    "tokens of an OpenID Connect provider",
    aliases=("jwt", "openIdConnect"),
)
PASS_THROUGH = may("identityPassThrough", Flag(), "tell the component who calls", default=False)


def _auth(fields: Fields) -> tuple[tuple[Auth, ...], bool]:
    ways = tuple(one for one in (fields[BASIC], fields[OIDC]) if one is not None)
    return ways, fields[PASS_THROUGH]


_NO_AUTH: tuple[tuple[Auth, ...], bool] = ((), False)
AUTH = may(
    "auth",
    Section("a mapping of basic or oidc", (BASIC, OIDC, PASS_THROUGH), _auth),
    "who may call",
    default=_NO_AUTH,
)
PATH = may("path", Located(UrlSegment()), "the URL segment of the component or pipeline")
RESTFUL = may(
    "restfulApi",
    Section("a mapping of path and auth", (PATH, AUTH), lambda fields: fields),
    "the HTTP interface",
    aliases=("restfulAPI",),
)
PUBLISHED = may("published", Flag(), "false switches the API off", default=True)

_ENABLED = need("enabled", Flag(), "true")
_SWITCH = Section("a mapping of enabled", (_ENABLED,), lambda fields: fields.placed(_ENABLED))
FILES = may("files", _SWITCH, "the files of the module's boxes")
ML_COMPONENT = may("mlComponent", NAME_REFERENCE, "the MLComponent or Ensemble that answers")
PIPELINE = may("experimentPipeline", NAME_REFERENCE, "the pipeline that is started")
PIPELINES = may("pipelines", _SWITCH, "all pipelines of the module and their runs")

_NAME = need("name", VARIABLE, "the variable's name")
_VARIABLE = Section("a mapping of name", (_NAME,), lambda fields: fields.placed(_NAME))
_VARIABLES = Items(_VARIABLE, "a list of variables", unique=lambda one: one.value)
INPUTS = may("inputs", _VARIABLES, "variables that a call gives", default=())
OUTPUTS = may("outputs", _VARIABLES, "variables that a call gets", default=())
API_SPEC = may(
    "apiSpec",
    Section(
        "a mapping of inputs and outputs",
        (INPUTS, OUTPUTS),
        lambda fields: (fields[INPUTS], fields[OUTPUTS]),
    ),
    "the pipeline's variables that callers see; needed for experimentPipeline",
)
_NO_CALL: tuple[tuple[Placed[str], ...], tuple[Placed[str], ...]] = ((), ())


def _api(fields: Fields) -> Callable[..., Component]:
    restful = fields[RESTFUL]
    path = _path(fields, restful)
    target = _target(fields, path.value if path else "")
    auth, pass_through = restful[AUTH] if restful else _NO_AUTH
    switch = fields[FILES] or fields[PIPELINES]
    return partial(
        APIComponent,
        target=target,
        published=fields[PUBLISHED] and (switch is None or switch.value),
        auth=auth,
        identity_pass_through=pass_through,
    )


def _path(fields: Fields, restful: Fields | None) -> Placed[str] | None:
    """The API's URL segment, which only some APIs have, and they must."""
    wanted = fields.given(ML_COMPONENT) or fields.given(PIPELINE)
    if restful is None or not restful.given(PATH):
        if wanted and (restful is not None or not fields.given(RESTFUL)):
            at, node = fields.at.key("restfulApi.path"), (restful or fields).node
            at.error(node, "missing: the URL segment of this API", "add path:")
        return None
    path = restful[PATH]
    if not wanted:
        key = restful.named(PATH)
        name = "files" if fields.given(FILES) else "pipelines"
        key.at.unused(key.node, f"the path of this API is always {name}", "remove it")
    elif path is not None:
        fields.at.report.claims.append(UrlClaim(path))
    return path


def _target(fields: Fields, path: str) -> ApiTarget:
    """What the one type section says, and the claims that go with it."""
    claims = fields.at.report.claims
    component, pipeline = fields[ML_COMPONENT], fields[PIPELINE]
    if pipeline is None and fields.given(API_SPEC):
        key = fields.named(API_SPEC)
        key.at.unused(key.node, "only experimentPipeline has an apiSpec", "remove it")
    if component is not None:
        claims.append(NameClaim(component, ("MLComponent", "Ensemble")))
        return ComponentApi(component.value, path)
    if pipeline is not None:
        claims.append(NameClaim(pipeline, ("ExperimentPipeline",)))
        return _pipeline(fields, pipeline.value, path)
    return FilesApi() if fields.given(FILES) else RunsApi()


def _pipeline(fields: Fields, name: str, path: str) -> PipelineApi:
    if not fields.given(API_SPEC):
        at = fields.at.key("apiSpec")
        at.error(fields.node, "missing: the variables that callers see", "add apiSpec:")
    inputs, outputs = fields[API_SPEC] or _NO_CALL
    fields.at.report.claims.append(CallClaim(name, inputs, outputs))
    return PipelineApi(name, path, _variables(inputs), _variables(outputs))


def _variables(names: tuple[Placed[str], ...]) -> tuple[ApiVariable, ...]:
    return tuple(ApiVariable(one.value) for one in names)


API_KEYS: tuple[Key[object], ...] = (PUBLISHED, RESTFUL, API_SPEC)
API_SPEC_SECTION = Section(
    "a mapping", API_KEYS, _api, one_of=(FILES, ML_COMPONENT, PIPELINE, PIPELINES)
)
