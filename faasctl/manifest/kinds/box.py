"""The DataBox: keys of its spec."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from faasctl.manifest.kinds.names import NAMESPACE, WORD
from faasctl.manifest.quantities import MEMORY_PATTERN, parse_memory
from faasctl.manifest.scalars import Quantity
from faasctl.manifest.sections import Fields, Section, may, need
from faasctl.model import Component, DataBox, DatasetReference

_DEFAULT = parse_memory("1G")

_CAPACITY = Quantity(parse_memory, MEMORY_PATTERN, "1", "7Ei")
CAPACITY = may("capacity", _CAPACITY, "what the box holds at most", default=_DEFAULT, shown="1G")
STORAGE = may(
    "s3DefaultStorage",
    Section("a mapping of capacity", (CAPACITY,), lambda fields: fields[CAPACITY]),
    "storage of the application",
    default=_DEFAULT,
    shown={},
)
_NAME = need("name", WORD, "the DatasetComponent's name")
_NAMESPACE = need("namespace", NAMESPACE, "the application that has it")
_COMPONENT = need(
    "datasetComponentRef",
    Section(
        "a mapping of name and namespace",
        (_NAME, _NAMESPACE),
        lambda fields: DatasetReference(fields[_NAME], fields[_NAMESPACE]),
    ),
    "the dataset of another application",
)
DATASET = may(
    "datasetReference",
    Section("a mapping", (_COMPONENT,), lambda fields: fields[_COMPONENT]),
    "a dataset of another application; it is not fetched",
)


def _box(fields: Fields) -> Callable[..., Component]:
    if fields.given(DATASET):
        key = fields.named(DATASET)
        message = "ignored: datasets of other applications are not fetched, the box starts empty"
        key.warn(message, "upload the files with faasctl files upload")
    if fields.given(DATASET) and fields.given(STORAGE):
        message = "s3DefaultStorage is there, too; a box has one of them"
        fields.named(DATASET).error(message, "keep one of them")
    return partial(DataBox, capacity=fields[STORAGE], dataset=fields[DATASET])


BOX_SPEC = Section("a mapping of s3DefaultStorage", (STORAGE, DATASET), _box)
