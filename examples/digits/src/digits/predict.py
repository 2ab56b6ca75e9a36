"""The function that answers requests."""

import joblib
import numpy as np


def inference(parameters, inputs, output_fields, model_key, model=None):
    """Read handwritten digits.

    :param inputs.image: 8 x 8 pixels from 0 (paper) to 16 (ink), or a picture of dark ink on paper
    :type inputs.image: FP32[-1,8,8] or FP64[-1,8,8] or FILE(image/png)
    :param outputs.digit: the most likely digit of each image
    :type outputs.digit: INT64[-1]
    :param outputs.probabilities: of the digits from 0 to 9
    :type outputs.probabilities: FP64[-1,10]
    """
    if model is None:  # the first call; what is returned comes back as `model` at the next one
        model = joblib.load(model_key)
    tensors = {tensor["name"]: tensor for tensor in inputs}
    probabilities = model.predict_proba(_pixels(tensors["image"]))
    digits = model.classes_[probabilities.argmax(axis=1)].tolist()
    outputs = [
        {"name": "digit", "datatype": "INT64", "shape": [len(digits)], "data": digits},
        {
            "name": "probabilities",
            "datatype": "FP64",
            "shape": list(probabilities.shape),
            "data": probabilities.ravel().tolist(),
        },
    ]
    wanted = {field["name"] for field in output_fields} or {"digit", "probabilities"}
    return [output for output in outputs if output["name"] in wanted], model


def _pixels(tensor):
    """Rows of 64 numbers, one for each image."""
    if tensor["datatype"] == "FILE":  # `data` is the path of a local copy
        return _read(tensor["data"])
    return np.asarray(tensor["data"], dtype=np.float64).reshape(-1, 64)


def _read(path):
    from PIL import Image  # not needed to answer requests that bring pixels

    with Image.open(path) as picture:
        small = picture.convert("L").resize((8, 8), Image.Resampling.BOX)
    return (255 - np.asarray(small, dtype=np.float64)).reshape(1, 64) * 16 / 255
