"""Keys of an MLComponent that say how it runs: scaling, batching, times, ports, Lambda."""

from __future__ import annotations

from typing import Literal

from faasctl.manifest.quantities import (
    DURATION_PATTERN,
    MEMORY_PATTERN,
    parse_duration,
    parse_memory,
)
from faasctl.manifest.scalars import Choice, Flag, Integer, Quantity, Text
from faasctl.manifest.sections import Fields, Section, may
from faasctl.manifest.shapes import Items, Shapes
from faasctl.model import Aws, Batching, Instances, LocalPorts, Protocol, Scaling

_MOST = 1_000_000
_AUTO = 0
_MEBIBYTE = 1024**2
_SCALING, _BATCHING, _INSTANCES, _AWS = Scaling(), Batching(), Instances(), Aws()


def _duration(minimum: str, maximum: str) -> Quantity[float]:
    return Quantity(parse_duration, DURATION_PATTERN, minimum, maximum)


def parse_mebibytes(text: str) -> int:
    """Lambda's unit: a plain number is MiB, and a unit must come to whole ones."""
    if text.isascii() and text.isdigit() and len(text) < 10:
        return int(text)
    size, rest = divmod(parse_memory(text), _MEBIBYTE)
    if rest:
        raise ValueError(f"expected whole MiB such as 1024 or 1Gi, got {text!r}")
    return size


MIN = may("min", Integer(0, 1000), "replicas that never sleep", default=_SCALING.min)
MAX = may("max", Integer(1, 1000), "replicas at most", default=_SCALING.max)
CONCURRENCY = may(
    "concurrency",
    Integer(0, 1000),
    "calls at once in one replica; 0 is unlimited",
    default=_SCALING.concurrency,
)
IDLE = may(
    "idle",
    _duration("1s", "1h"),
    "how long a replica without calls stays",
    default=_SCALING.idle,
    shown="60s",
)
QUEUE = may("queue", Integer(0, _MOST), "calls that may wait", default=_SCALING.queue)
_BURST: Shapes[int] = Shapes(
    "auto or a whole number", Choice({"auto": _AUTO}), number=Integer(1, 1000)
)
BURST = may("burst", _BURST, "replicas that may start at once", default=_AUTO, shown="auto")


def _scaling(fields: Fields) -> Scaling:
    low, high = fields[MIN], fields[MAX]
    if fields.sound(MIN, MAX) and low > high:
        hint = f"write min: {high}" if fields.given(MAX) else f"write max: {low}"
        fields.placed(MIN).error(f"{low} is above max, which is {high}", hint)
    return Scaling(
        min=low,
        max=high,
        concurrency=fields[CONCURRENCY],
        idle=fields[IDLE],
        queue=fields[QUEUE],
        burst=fields[BURST] or None,
    )


SCALING = may(
    "scaling",
    Section("a mapping", (MIN, MAX, CONCURRENCY, IDLE, QUEUE, BURST), _scaling),
    "how many replicas there are",
    default=_SCALING,
)

MAX_BATCH = may(
    "maxBatchSize",
    Integer(0, 65536),
    "calls in one batch at most; 0 is off",
    default=_BATCHING.max_batch_size,
)
MAX_DELAY = may(
    "maxDelay",
    _duration("0ms", "60s"),
    "how long a batch waits for more calls",
    default=_BATCHING.max_delay,
    shown="0ms",
)
PREFERRED = may(
    "preferred",
    Items(Integer(1, 65536), "a list of sizes"),
    "sizes at which a batch is run at once",
    default=_BATCHING.preferred,
)
BATCH_QUEUE = may("queue", Integer(1, _MOST), "calls that may wait", default=_BATCHING.queue)


def _batching(fields: Fields) -> Batching:
    most, preferred = fields[MAX_BATCH], fields[PREFERRED]
    if fields.sound(MAX_BATCH, PREFERRED) and max(preferred, default=0) > most:
        message = f"{max(preferred)} is above maxBatchSize, which is {most}"
        fields.placed(PREFERRED).error(message, f"write maxBatchSize: {max(preferred)}")
    return Batching(
        max_batch_size=most,
        max_delay=fields[MAX_DELAY],
        preferred=preferred,
        queue=fields[BATCH_QUEUE],
    )


BATCHING = may(
    "batching",
    Section("a mapping", (MAX_BATCH, MAX_DELAY, PREFERRED, BATCH_QUEUE), _batching),
    "calls that are computed together",
    default=_BATCHING,
)

_KINDS: dict[str, Literal["thread", "process"]] = {"thread": "thread", "process": "process"}
COUNT = may("count", Integer(1, 256), "models side by side", default=_INSTANCES.count)
KIND = may("kind", Choice(_KINDS), "what each runs in", default=_INSTANCES.kind)
INSTANCES = may(
    "instances",
    Section(
        "a mapping of count and kind",
        (COUNT, KIND),
        lambda fields: Instances(count=fields[COUNT], kind=fields[KIND]),
    ),
    "several copies of the model in one replica",
    default=_INSTANCES,
)

_CACHE_SIZE = Quantity(parse_memory, MEMORY_PATTERN, "0", "64Ti")
SIZE = may("size", _CACHE_SIZE, "memory for answers; 0 is off", default=0, shown="0")
CACHE = may(
    "cache",
    Section("a mapping of size", (SIZE,), lambda fields: fields[SIZE]),
    "answers that are remembered",
    default=0,
    shown={},
)

TIMEOUT = may(
    "timeout", _duration("1ms", "900s"), "how long one call may take", default=60.0, shown="60s"
)
P95 = may("p95", _duration("1ms", "15m"), "the time that 95 of 100 cold starts keep")
COLD_START = may(
    "coldStart",
    Section("a mapping of p95", (P95,), lambda fields: fields[P95]),
    "the budget that faasctl test enforces",
)

PORT = may("port", Integer(1, 65535), "an extra HTTP port")
GRPC_PORT = may("grpcPort", Integer(1, 65535), "an extra gRPC port")


def _ports(fields: Fields) -> LocalPorts:
    port, grpc = fields[PORT], fields[GRPC_PORT]
    if port is not None and port == grpc:
        fields.placed(GRPC_PORT).error(f"{grpc} is also port", "write another number")
    return LocalPorts(port=port, grpc_port=grpc)


LOCAL = may(
    "local",
    Section("a mapping of ports", (PORT, GRPC_PORT), _ports),
    "extra listeners of the local target",
    default=LocalPorts(),
)
_PROTOCOLS: dict[str, Protocol] = {"http": "http", "grpc": "grpc"}
_HTTP: Protocol = "http"
PROTOCOL = may("protocol", Choice(_PROTOCOLS), "what Knative's port speaks", default=_HTTP)

_ARCHITECTURES: dict[str, Literal["x86_64", "arm64"]] = {"x86_64": "x86_64", "arm64": "arm64"}
# The days that CloudWatch Logs knows.
_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192)
_LONG_DAYS = (2557, 2922, 3288, 3653)


def _mebibytes(minimum: str, maximum: str) -> Quantity[int]:
    hint = f"MiB, {minimum} to {maximum}"
    return Quantity(parse_mebibytes, MEMORY_PATTERN, minimum, maximum, hint)


AWS_MEMORY = may("memory", _mebibytes("128", "10240"), "memory in MiB", default=_AWS.memory)
ARCHITECTURE = may(
    "architecture", Choice(_ARCHITECTURES), "the processor", default=_AWS.architecture
)
STORAGE = may(
    "ephemeralStorage",
    _mebibytes("512", "10240"),
    "room under /tmp in MiB",
    default=_AWS.ephemeral_storage,
)
_ROLE_TEXT = Text("the name or ARN of a role", r"^[A-Za-z0-9_+=,.@:/-]+$", longest=2048)
ROLE = may("role", _ROLE_TEXT, "the role that the function runs as; else one is made")
SNAP_START = may("snapStart", Flag(), "start from a snapshot", default=_AWS.snap_start)
STREAMING = may("streaming", Flag(), "stream answers", default=_AWS.streaming)
RESERVED = may("reservedConcurrency", Integer(0, 100_000), "calls at once, reserved")
RETENTION = may("logRetention", Integer(1, 3653, _DAYS + _LONG_DAYS), "days that logs are kept")


def _aws(fields: Fields) -> Aws:
    return Aws(
        memory=fields[AWS_MEMORY],
        architecture=fields[ARCHITECTURE],
        ephemeral_storage=fields[STORAGE],
        role=fields[ROLE],
        snap_start=fields[SNAP_START],
        streaming=fields[STREAMING],
        reserved_concurrency=fields[RESERVED],
        log_retention=fields[RETENTION],
    )


_AWS_KEYS = (
    AWS_MEMORY,
    ARCHITECTURE,
    STORAGE,
    ROLE,
    SNAP_START,
    STREAMING,
    RESERVED,
    RETENTION,
)
AWS = may("aws", Section("a mapping", _AWS_KEYS, _aws), "for Lambda only", default=_AWS)
TUNING_KEYS = (
    SCALING,
    BATCHING,
    INSTANCES,
    CACHE,
    TIMEOUT,
    COLD_START,
    LOCAL,
    PROTOCOL,
    AWS,
)


def check_timeout(fields: Fields) -> None:
    """Warn about what Knative does not do."""
    if fields.sound(TIMEOUT) and fields[TIMEOUT] > parse_duration("600s"):
        message = "Knative ends calls after 600s"
        fields.placed(TIMEOUT).warn(message, "write 600s or less to deploy it there")
