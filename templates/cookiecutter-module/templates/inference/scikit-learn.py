import joblib
import numpy as np


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
        model = joblib.load(model_key)
    tensors = {tensor["name"]: tensor for tensor in inputs}
    probabilities = model.predict_proba(_measurements(tensors["measurements"]))
    species = model.classes_[probabilities.argmax(axis=1)]
    outputs = [
        {"name": "species", "datatype": "BYTES", "shape": [len(species)], "data": species.tolist()},
        {
            "name": "probabilities",
            "datatype": "FP64",
            "shape": list(probabilities.shape),
            "data": probabilities.ravel().tolist(),
        },
    ]
    wanted = {field["name"] for field in output_fields} or {"species", "probabilities"}
    return [output for output in outputs if output["name"] in wanted], model


def _measurements(tensor):
{% if cookiecutter.files %}
    if tensor["datatype"] == "FILE":  # `data` is the path of a local copy
        return np.loadtxt(tensor["data"], delimiter=",", ndmin=2)
{% endif %}
    return np.asarray(tensor["data"], dtype=np.float64).reshape(-1, 4)
