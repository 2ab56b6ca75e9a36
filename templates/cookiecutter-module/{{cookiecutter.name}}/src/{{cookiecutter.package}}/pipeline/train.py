"""Stage `train`: the flowers in `data` → a model in `model`."""

import os
from pathlib import Path

from {{ cookiecutter.package }}.pipeline.flowers import read
from {{ cookiecutter.package }}.train import fit, save


def main():
    measurements, species = read(os.environ["UNIP_PIPELINE_DATA"])
    model, accuracy = fit(measurements, species)
    save(model, Path(os.environ["UNIP_PIPELINE_MODEL"]) / "{{ cookiecutter.__model }}")
    print(f"{len(species)} flowers; accuracy on unseen ones: {accuracy:.3f}")


if __name__ == "__main__":
    main()
