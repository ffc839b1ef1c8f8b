"""The API described: OpenAPI 3.1 with every refusal, and a viewer from our own files."""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from typing import Any, Final

import msgspec
import msgspec.inspect
from litestar import Litestar, MediaType, Request, Router, get
from litestar.datastructures import ResponseHeader
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, OpenAPIRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

from entrypoints.http.idempotency import Idempotency
from entrypoints.http.problems import MEDIA_TYPE, Problem

PATH: Final = "/docs"
_REFUSALS: Final = {
    400: "The request cannot be read as described.",
    401: "No token, or one that is no good any more.",
    403: "The actor may not do this.",
    404: "There is no such thing in this workspace.",
    409: "It is in a state that does not allow this, or a quota is used up.",
    410: "It existed and was removed on purpose.",
    412: "It changed since you read it.",
    413: "More bytes than this place takes.",
    415: "Not a media type this place takes.",
    416: "No byte of the range that was asked for is there.",
    422: "Understood, and against a rule.",
    423: "Somebody else is at it just now; Retry-After says when to come back.",
    428: "Send If-Match with the ETag of what you have read.",
    429: "Too many requests; Retry-After says when to come back.",
    460: "The bytes do not fit the checksum that came with them; nothing of them is kept.",
    503: "A part of the service is away; the same request may work later.",
}
_READING: Final = frozenset({400, 401, 403, 404, 410, 429, 503})
_WRITING: Final = _READING | {409, 413, 415, 422}
_VERSIONED: Final = frozenset({412, 428})
_HEALTH: Final = frozenset({400, 503})
_BEARER: Final = "bearer"
_CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
    " img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class _Schema(JsonRenderPlugin):
    """Litestar's description, completed once with what all our operations share."""

    def __init__(self) -> None:
        super().__init__(path="/openapi.json")
        self._complete: bytes | None = None

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        if self._complete is None:
            self._complete = msgspec.json.encode(described(request.app, openapi_schema))
        return self._complete


def openapi_config() -> OpenAPIConfig:
    return OpenAPIConfig(
        title="Atelier",
        version=_version(),
        description=(
            "Turns raw material into finished work. Sign in under `/v1/auth`, or use an API key,"
            " and send it as `Authorization: Bearer …`. Refusals are RFC 9457 problem documents"
            " whose `type` never changes its meaning."
        ),
        path=PATH,
        openapi_router=_router(),
        render_plugins=[_Viewer(), _Schema()],
        use_handler_docstrings=True,
        components=Components(
            security_schemes={
                _BEARER: SecurityScheme(
                    type="http",
                    scheme="bearer",
                    description="An access token (10 minutes) or an API key (`atl_key_…`).",
                )
            }
        ),
    )


def described(app: Litestar, schema: dict[str, Any]) -> dict[str, Any]:
    """Refusals with their schema, security and Idempotency-Key on every operation."""
    handlers = {handler.operation_id: handler for handler in _handlers(app)}
    components = schema["components"]
    _, problem = msgspec.json.schema_components(
        [Problem], ref_template="#/components/schemas/{name}"
    )
    components["schemas"] |= problem
    components["responses"] = {_name(status): _refused(status) for status in _REFUSALS}
    for name in _strict_bodies(handlers.values()) & components["schemas"].keys():
        components["schemas"][name]["additionalProperties"] = False
    for operations in schema["paths"].values():
        for operation in operations.values():
            _complete(operation, handlers[operation["operationId"]])
    named: dict[str, Any] = msgspec.json.decode(_readable_names(msgspec.json.encode(schema)))
    return named


def _readable_names(schema: bytes) -> bytes:
    """`Page_entrypoints.http.members.Member_` is Litestar's name for what we call `MemberPage`."""
    return re.sub(rb"PageResponse_[\w.]*?\.(\w+?)(?:Response)?_(?=\")", rb"\1Page", schema)


def _strict_bodies(handlers: Iterable[HTTPRouteHandler]) -> set[str]:
    """Names of the structs in bodies that take no unknown fields, which Litestar does not say."""
    fields = [handler.parsed_data_field for handler in handlers]
    found = {field.raw for field in fields if field is not None}
    todo: list[Any] = [msgspec.inspect.type_info(annotation) for annotation in found]
    names = set[str]()
    while todo:
        match todo.pop():
            case msgspec.inspect.StructType() as struct:
                names |= {struct.cls.__name__} if struct.forbid_unknown_fields else set()
                todo += [field.type for field in struct.fields]
            case msgspec.inspect.UnionType() as union:
                todo += union.types
            case msgspec.inspect.Metadata() as annotated:
                todo.append(annotated.type)
            case msgspec.inspect.CollectionType() as items:
                todo.append(items.item_type)
            case msgspec.inspect.DictType() as entries:
                todo.append(entries.value_type)
    return names


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    """An optional parameter is left out, never sent as null."""
    options = [option for option in schema.get("oneOf", ()) if option != {"type": "null"}]
    if len(options) != 1:
        return schema
    rest = {name: value for name, value in schema.items() if name != "oneOf"}
    return {**options[0], **rest}


def _complete(operation: dict[str, Any], handler: HTTPRouteHandler) -> None:
    parameters = operation.setdefault("parameters", [])
    for parameter in parameters:
        parameter["schema"] = _plain(parameter["schema"])
        if parameter["name"] == "If-Match":  # optional to Litestar, so that we can answer 428
            parameter["required"] = True
    if any(isinstance(middleware, Idempotency) for middleware in handler.middleware or ()):
        parameters.append(_IDEMPOTENCY_KEY)
    operation["summary"] = operation.get("description", "").partition(".")[0]
    statuses = _READING if handler.http_methods & {"GET", "HEAD"} else _WRITING
    statuses |= handler.opt.get("refusals", frozenset())
    if any(parameter["name"] == "If-Match" for parameter in parameters):
        statuses |= _VERSIONED
    if handler.resolve_guards():
        public = handler.opt.get("access") == "public"
        operation["security"] = [] if public else [{_BEARER: []}]
    else:
        statuses, operation["security"] = _HEALTH, []
    responses = {code: said for code, said in operation["responses"].items() if int(code) < 400}  # noqa: PLR2004
    responses |= {str(code): {"$ref": f"#/components/responses/{_name(code)}"} for code in statuses}
    operation["responses"] = dict(sorted(responses.items()))


_IDEMPOTENCY_KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Repeat a request with the same key, and it gets the first answer.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[\\x21-\\x7e]+$"},
}


def _handlers(app: Litestar) -> Iterator[HTTPRouteHandler]:
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            if isinstance(handler, HTTPRouteHandler):
                yield handler


def _name(status: int) -> str:
    return f"Refused{status}"


def _refused(status: int) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": _REFUSALS[status], "content": {MEDIA_TYPE: {"schema": schema}}}


def _version() -> str:
    try:
        return version("atelier")
    except PackageNotFoundError:  # run from a checkout
        return "0.1.0.dev0"


class _Viewer(OpenAPIRenderPlugin):
    """Our own page; it loads its two files from here and nothing from anywhere else."""

    def __init__(self) -> None:
        super().__init__(path="/", media_type=MediaType.HTML)

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        return _file("index.html")

    def receive_router(self, router: Router) -> None:
        router.register(viewer_script)
        router.register(viewer_style)


@get("/viewer.js", media_type="text/javascript", sync_to_thread=False)
def viewer_script() -> bytes:
    return _file("viewer.js")


@get("/viewer.css", media_type="text/css", sync_to_thread=False)
def viewer_style() -> bytes:
    return _file("viewer.css")


def _router() -> Router:
    headers = [ResponseHeader(name="Content-Security-Policy", value=_CSP, documentation_only=False)]
    return Router(PATH, route_handlers=[], include_in_schema=False, response_headers=headers)


@cache
def _file(name: str) -> bytes:
    return (files("entrypoints.http") / "viewer" / name).read_bytes()
