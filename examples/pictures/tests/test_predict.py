"""The function, called as the handler calls it."""

import pytest
from PIL import Image

from pictures.predict import inference


@pytest.fixture
def square(tmp_path):
    picture = Image.new("RGB", (40, 30), "black")
    picture.paste("white", (10, 10, 20, 20))
    file = tmp_path / "square.png"
    picture.save(file)
    return str(file)


def call(file, **parameters):
    given = [{"name": name, "value": value} for name, value in parameters.items()]
    inputs = [{"name": "picture", "datatype": "FILE", "content_type": "image/png", "data": file}]
    outputs, _ = inference(given, inputs, [], "")
    return {one["name"]: one["data"] for one in outputs}


def test_edges_are_white_and_the_rest_is_black(square):
    answer = call(square)
    with Image.open(answer["edges"]) as edges:
        assert edges.size == (40, 30)
        assert edges.getpixel((10, 10)) == 255
        assert edges.getpixel((15, 15)) == edges.getpixel((30, 5)) == 0
    assert answer["size"] == [40, 30]
    assert 0 < answer["share"][0] < 0.2


def test_a_higher_threshold_finds_fewer_edges(square):
    assert call(square, threshold=255)["share"] <= call(square, threshold=1)["share"]
