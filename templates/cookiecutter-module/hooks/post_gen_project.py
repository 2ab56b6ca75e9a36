"""Take out what was not asked for; runs in the new module's folder."""

import shutil
from pathlib import Path

FILES = {{ cookiecutter.files }}
PIPELINE = {{ cookiecutter.pipeline }}
FRAMEWORK = "{{ cookiecutter.framework }}"

UNWANTED = {
    "manifests/files.yaml": not (FILES or PIPELINE),
    "manifests/pipeline.yaml": not PIPELINE,
    "src/{{ cookiecutter.package }}/pipeline": not PIPELINE,
    "tests/test_pipeline.py": not PIPELINE,
    "data": not (PIPELINE or FRAMEWORK == "python"),
    "requirements-train.lock": FRAMEWORK != "onnx",
}

for path in [Path(name) for name, unwanted in UNWANTED.items() if unwanted]:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
