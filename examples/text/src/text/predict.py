"""The function that answers requests."""

import joblib


def inference(parameters, inputs, output_fields, model_key, model=None):
    """Tell the language of texts: cs, de, en, es, fi, fr, it, nl, pl, pt, ru or uk.

    :param inputs.text: one text, or a list of texts
    :type inputs.text: str or BYTES[-1]
    :param outputs.language: the most likely language of each text
    :type outputs.language: BYTES[-1]
    :param outputs.probability: of that language
    :type outputs.probability: FP64[-1]
    """
    if model is None:  # the first call; what is returned comes back as `model` at the next one
        model = joblib.load(model_key)
    texts = {tensor["name"]: tensor["data"] for tensor in inputs}["text"]
    probabilities = model.predict_proba([texts] if isinstance(texts, str) else texts)
    languages = model.classes_[probabilities.argmax(axis=1)].tolist()
    shape = [len(languages)]
    outputs = [
        {"name": "language", "datatype": "BYTES", "shape": shape, "data": languages},
        {
            "name": "probability",
            "datatype": "FP64",
            "shape": shape,
            "data": probabilities.max(axis=1).tolist(),
        },
    ]
    wanted = {field["name"] for field in output_fields} or {"language", "probability"}
    return [output for output in outputs if output["name"] in wanted], model
