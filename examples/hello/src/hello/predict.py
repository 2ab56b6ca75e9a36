"""The function that answers requests."""


def inference(parameters, inputs, output_fields, model_key, model=None):
    """Greet somebody.

    :param inputs.name: who is greeted
    :type inputs.name: str
    :param outputs.greeting: the greeting
    :type outputs.greeting: str
    :param parameters.word: the word that greets; Hello when it is not given
    :type parameters.word: str, optional
    """
    values = {tensor["name"]: tensor["data"] for tensor in inputs}
    word = {one["name"]: one["value"] for one in parameters}.get("word", "Hello")
    greeting = f"{word}, {values['name']}!"
    return [{"name": "greeting", "datatype": "str", "data": greeting}], model
