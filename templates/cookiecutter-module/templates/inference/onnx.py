import numpy as np
import onnxruntime


def inference(parameters, inputs, output_fields, model_key, model=None):
    """Tell the species of irises from their measurements.

    :param inputs.measurements: sepal length, sepal width, petal length, petal width in cm
    :type inputs.measurements: FP32[-1,4] or FP64[-1,4]{{ " or FILE(text/csv)" if cookiecutter.files else "" }}
    :param outputs.species: the most likely species of each flower
    :type outputs.species: BYTES[-1]
    :param outputs.probabilities: of setosa, versicolor and virginica
    :type outputs.probabilities: FP32[-1,3]
    """
    if model is None:  # the first call; what is returned comes back as `model` at the next one
        model = _load(model_key)
    tensors = {tensor["name"]: tensor for tensor in inputs}
    measurements = _measurements(tensors["measurements"])
    species, probabilities = model.run(None, {"measurements": measurements})
    outputs = [
        {"name": "species", "datatype": "BYTES", "shape": [len(species)], "data": species.tolist()},
        {
            "name": "probabilities",
            "datatype": "FP32",
            "shape": list(probabilities.shape),
            "data": probabilities.ravel().tolist(),
        },
    ]
    wanted = {field["name"] for field in output_fields} or {"species", "probabilities"}
    return [output for output in outputs if output["name"] in wanted], model


def _load(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # a small model: threads would cost more than they bring
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def _measurements(tensor):
{% if cookiecutter.files %}
    if tensor["datatype"] == "FILE":  # `data` is the path of a local copy
        return np.loadtxt(tensor["data"], delimiter=",", ndmin=2, dtype=np.float32)
{% endif %}
    return np.asarray(tensor["data"], dtype=np.float32).reshape(-1, 4)
