"""The function by itself; `faasctl test` sends the golden cases over HTTP."""

from hello.predict import inference


def greet(name, **parameters):
    given = [{"name": key, "value": value} for key, value in parameters.items()]
    inputs = [{"name": "name", "datatype": "str", "data": name}]
    outputs, _ = inference(given, inputs, [], "")
    return outputs[0]["data"]


def test_greets():
    assert greet("World") == "Hello, World!"


def test_greets_with_another_word():
    assert greet("Ada", word="Hi") == "Hi, Ada!"
