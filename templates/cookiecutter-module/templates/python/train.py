"""Train the model; writes model/iris.json."""

import csv
import json
from pathlib import Path
from statistics import fmean, pvariance

from {{ cookiecutter.package }}.predict import inference

ROOT = Path(__file__).parents[2]
DATA = ROOT / "data" / "iris.csv"
MODEL = ROOT / "model" / "iris.json"


def read(path):
    """The measurements and the species of a CSV file with a header."""
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))[1:]
    return [[float(value) for value in row[:4]] for row in rows], [row[4] for row in rows]


def fit(measurements, species):
    """Fit naive Bayes; return the model with its accuracy on flowers that it has not seen.

    Every fifth flower is kept for that.
    """
    flowers = list(zip(measurements, species, strict=True))
    unseen = flowers[::5]
    seen = [flower for place, flower in enumerate(flowers) if place % 5]
    names = sorted(set(species))
    model = {"species": names, "normals": [_normals(seen, name) for name in names]}
    return model, _accuracy(model, unseen)


def _normals(flowers, name):
    """How the measurements of one species are distributed."""
    columns = list(zip(*(flower for flower, species in flowers if species == name), strict=True))
    return {
        "share": len(columns[0]) / len(flowers),
        "means": [fmean(column) for column in columns],
        "variances": [pvariance(column) for column in columns],
    }


def _accuracy(model, flowers):
    data = [value for flower, _ in flowers for value in flower]
    inputs = [{"name": "measurements", "datatype": "FP64", "data": data}]
    (answer,), _ = inference([], inputs, [{"name": "species"}], "", model)
    right = [told == species for told, (_, species) in zip(answer["data"], flowers, strict=True)]
    return sum(right) / len(right)


def save(model, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(model, indent=1), "utf-8")


def main():
    model, accuracy = fit(*read(DATA))
    save(model, MODEL)
    print(f"accuracy on unseen flowers: {accuracy:.3f}")
    print(f"wrote {MODEL}")


if __name__ == "__main__":
    main()
