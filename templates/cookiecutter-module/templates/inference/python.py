{% if cookiecutter.files %}
import csv
{% endif %}
import json
import math
from pathlib import Path


def inference(parameters, inputs, output_fields, model_key, model=None):
    """Tell the species of irises from their measurements.

    :param inputs.measurements: sepal length, sepal width, petal length, petal width in cm
    :type inputs.measurements: FP64[-1,4] or FP32[-1,4]{{ " or FILE(text/csv)" if cookiecutter.files else "" }}
    :param outputs.species: the most likely species of each flower
    :type outputs.species: BYTES[-1]
    :param outputs.probabilities: of setosa, versicolor and virginica
    :type outputs.probabilities: FP64[-1,3]
    """
    if model is None:  # the first call; what is returned comes back as `model` at the next one
        model = json.loads(Path(model_key).read_text("utf-8"))
    tensors = {tensor["name"]: tensor for tensor in inputs}
    rows = [_probabilities(model, flower) for flower in _measurements(tensors["measurements"])]
    species = [model["species"][row.index(max(row))] for row in rows]
    outputs = [
        {"name": "species", "datatype": "BYTES", "shape": [len(rows)], "data": species},
        {
            "name": "probabilities",
            "datatype": "FP64",
            "shape": [len(rows), len(model["species"])],
            "data": [value for row in rows for value in row],
        },
    ]
    wanted = {field["name"] for field in output_fields} or {"species", "probabilities"}
    return [output for output in outputs if output["name"] in wanted], model


def _measurements(tensor):
{% if cookiecutter.files %}
    if tensor["datatype"] == "FILE":  # `data` is the path of a local copy
        with open(tensor["data"], newline="", encoding="utf-8") as file:
            return [[float(value) for value in row] for row in csv.reader(file) if row]
{% endif %}
    data = tensor["data"]
    return [data[start : start + 4] for start in range(0, len(data), 4)]


def _probabilities(model, flower):
    """Bayes' rule, each measurement normally distributed within a species."""
    scores = [
        math.log(one["share"])
        - sum(
            math.log(2 * math.pi * variance) / 2 + (value - mean) ** 2 / (2 * variance)
            for value, mean, variance in zip(flower, one["means"], one["variances"], strict=True)
        )
        for one in model["normals"]
    ]
    weights = [math.exp(score - max(scores)) for score in scores]
    return [weight / sum(weights) for weight in weights]
