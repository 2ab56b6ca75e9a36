"""Stage `report`: the model in `model` and the flowers in `data` → report.json in `report`."""

import json
import os
from collections import Counter
from pathlib import Path

from {{ cookiecutter.package }}.pipeline.flowers import read
from {{ cookiecutter.package }}.predict import inference


def report(measurements, species, model):
    """How often the model tells each species right."""
    flat = [value for flower in measurements for value in flower]
    inputs = [
        {"name": "measurements", "datatype": "FP64", "shape": [len(species), 4], "data": flat}
    ]
    (answer,), _ = inference([], inputs, [{"name": "species"}], str(model))
    pairs = zip(species, answer["data"], strict=True)
    right = Counter(known for known, told in pairs if known == told)
    flowers = Counter(species)
    return {name: {"flowers": count, "right": right[name]} for name, count in flowers.items()}


def main():
    measurements, species = read(os.environ["UNIP_PIPELINE_DATA"])
    model = Path(os.environ["UNIP_PIPELINE_MODEL"]) / "{{ cookiecutter.__model }}"
    folder = Path(os.environ["UNIP_PIPELINE_REPORT"])
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(report(measurements, species, model), indent=2)
    (folder / "report.json").write_text(text + "\n", "utf-8")
    print(text)


if __name__ == "__main__":
    main()
