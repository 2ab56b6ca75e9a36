"""Files around one call: uploaded before it, its results downloaded after it, all by links."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from faasctl.errors import UsageError
from faasctl.model import CopiedBox, MLComponent
from faasctl.pipeline import files
from faasctl.pipeline.file_boxes import Files, open_files
from faasctl.pipeline.session import Session
from faasctl.store.transfer_work import Tell
from handlers.contract.datatypes import FILE
from handlers.contract.docstring import Signature

#: The group of a call's own uploads: `calls/<random>`.
GROUP = "calls"


def named_files(words: Sequence[str], declared: Signature) -> dict[str, str]:
    """Inputs that are files of the caller's own: `name=@file` where the docstring says FILE."""
    kinds = {one.name: {kind.datatype for kind in one.types} for one in declared.inputs}
    pairs = (word.partition("=") for word in words)
    return {
        name: value[1:]
        for name, _, value in pairs
        if value.startswith("@") and FILE in kinds.get(name, ())
    }


def exchange_box(component: MLComponent) -> str:
    """The DataBox through which a component exchanges files; raises UsageError for none."""
    declared = component.file_exchange
    for one in component.connections:
        if declared is not None and one.name == declared.file_box and isinstance(one, CopiedBox):
            return one.box
    raise UsageError(
        f"{component.name} exchanges no files",
        hint="give it a fileExchange and a connected copyS3Box",
    )


def uploaded(
    session: Session,
    component: MLComponent,
    words: Sequence[str],
    named: Mapping[str, str],
    tell: Tell,
) -> list[str]:
    """The words with each file replaced by where it lies in the box now."""
    box, group = exchange_box(component), f"{GROUP}/{uuid.uuid4().hex[:12]}"
    places = {}
    with _opened(session) as opened:
        for name, local in named.items():
            place = f"{group}/{Path(local).name}"
            files.send(opened, [local], f"{box}/{place}", force=False, tell=tell)
            places[name] = place
    return [
        f"{name}={places[name]}" if name in places else word
        for word, name in ((word, word.partition("=")[0]) for word in words)
    ]


def downloaded(
    session: Session, component: MLComponent, answer: Any, folder: Path, tell: Tell
) -> Any:
    """The answer, in which every FILE output also says where it lies here (`file`)."""
    outputs = answer.get("outputs") if isinstance(answer, dict) else None
    results = [one for one in outputs or () if one.get("datatype") == FILE and one.get("data")]
    if not results:
        return answer
    box = exchange_box(component)
    folder.mkdir(parents=True, exist_ok=True)
    with _opened(session) as opened:
        for one in results:
            target = free_name(folder, Path(one["data"]).name)
            files.fetch(opened, f"{box}/{one['data']}", str(target), force=False, tell=tell)
            one["file"] = str(target)
    return answer


def free_name(folder: Path, name: str) -> Path:
    """A path in the folder that nothing has yet: `x.png`, else `x-2.png` and so on."""
    plain = Path(name)
    candidate, number = folder / name, 1
    while candidate.exists():
        number += 1
        candidate = folder / f"{plain.stem}-{number}{plain.suffix}"
    return candidate


def _opened(session: Session) -> AbstractContextManager[Files]:
    return open_files(
        session.module.root, target=session.settings.target, user="developer", store={}
    )
