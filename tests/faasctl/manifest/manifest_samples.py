"""A small module to try manifests in: its code, its golden case and its other components."""

from __future__ import annotations

from pathlib import Path

from faasctl.manifest import check

_OTHERS = """\
apiVersion: faasctl.dev/v1
kind: MLComponent
metadata: {name: iris}
spec: {mlService: {inference: {entryPoint: {pythonFunction: serve.inference}}}}
---
apiVersion: faasctl.dev/v1
kind: DataBox
metadata: {name: weights}
---
apiVersion: faasctl.dev/v1
kind: ExperimentPipeline
metadata: {name: fit}
spec:
  vars: [{name: data}, {name: model}]
  stages: [{name: fit, entryPoint: fit, inputs: [{name: data}], outputs: [{name: model}]}]
"""
_FILES = {
    "manifests/others.yaml": _OTHERS,
    "serve.py": "def inference(): ...\n",
    "broken.py": "x = 1\ndef inference(:\n",
    "src/digits/serve.py": "class Predictor: ...\n\n\nasync def inference(): ...\n",
    "tests/cases/first.yaml": "{}\n",
    "tests/cases/second.yaml": "{}\n",
}
_HEAD = "apiVersion: faasctl.dev/v1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec:\n"
_ENTRY = "  mlService: {inference: {entryPoint: {pythonFunction: serve.inference}}}\n"

# What stands above the lines that a case is about: 5 lines for functions, 4 for other kinds.
HEADS = {
    "function": _HEAD.format(kind="MLComponent", name="model") + _ENTRY,
    "pipeline": _HEAD.format(kind="ExperimentPipeline", name="pipe"),
    "api": _HEAD.format(kind="APIComponent", name="api"),
    "box": _HEAD.format(kind="DataBox", name="box"),
    "ensemble": _HEAD.format(kind="Ensemble", name="both"),
    "raw": "",
}


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def make(folder: Path) -> Path:
    """A valid module in the folder `app`."""
    root = folder / "app"
    write(root, _FILES)
    return root


def problems_of(root: Path, text: str) -> str:
    """All problems of the module with one more manifest, `manifests/m.yaml`."""
    write(root, {"manifests/m.yaml": text})
    return "\n".join(str(problem) for problem in check(root).problems)
