"""User code that the pages are tried on."""

EVERYTHING = '''
import pathlib
import time


def inference(parameters, inputs, output_fields, model_key, model):
    """Answers with what it was given.

    :param inputs.table: measurements, a row for each flower
    :type inputs.table: FP64[-1,4] or INT32[-1,4], optional
    :param inputs.single: one float
    :type inputs.single: FP32[1], optional
    :param inputs.whole: an integer
    :type inputs.whole: INT32[1], optional
    :param inputs.identity: more digits than a float has
    :type inputs.identity: INT64[1], optional
    :param inputs.small: from 0 to 255
    :type inputs.small: UINT8[-1], optional
    :param inputs.strict: yes or no
    :type inputs.strict: BOOL[1], optional
    :param inputs.words: terms
    :type inputs.words: BYTES[-1], optional
    :param inputs.note: a remark
    :type inputs.note: str, optional
    :param inputs.options: settings
    :type inputs.options: dict, optional
    :param inputs.picture: a grey picture
    :type inputs.picture: FP32[8,8], optional
    :param outputs.echo: what was given
    :type outputs.echo: dict
    :param outputs.mean: of the table
    :type outputs.mean: FP64[1]
    :param outputs.rows: the table
    :type outputs.rows: FP64[-1,4]
    """
    given = {one["name"]: one["data"] for one in inputs}
    if given.get("note") == "fail":
        raise ValueError("the note says fail")
    while given.get("note") == "wait" and not pathlib.Path("go").exists():
        time.sleep(0.01)
    table = given.get("table") or [0.0] * 4
    echo = {"inputs": inputs, "parameters": parameters, "outputs": output_fields}
    outputs = [
        {"name": "echo", "datatype": "dict", "data": echo},
        {"name": "mean", "datatype": "FP64", "shape": [1], "data": [sum(table) / len(table)]},
        {"name": "rows", "datatype": "FP64", "shape": [len(table) // 4, 4], "data": table},
        {"name": "note", "datatype": "str", "data": given.get("note", "")},
        {"name": "picture", "datatype": "FP32", "shape": [8, 8],
         "data": given.get("picture", [0.0] * 64)},
    ]
    return outputs, model
'''

MARKUP = "<img src=x onerror=globalThis.pwned=1><script>globalThis.pwned=1</script>"

HOSTILE = f'''
MARKUP = {MARKUP!r}


def inference(parameters, inputs, output_fields, model_key, model):
    """{MARKUP}

    :param inputs.<img/src=x/onerror=globalThis.pwned=1>: {MARKUP}
    :type inputs.<img/src=x/onerror=globalThis.pwned=1>: str
    :param outputs.<svg/onload=globalThis.pwned=1>: {MARKUP}
    :type outputs.<svg/onload=globalThis.pwned=1>: str
    """
    if inputs[0]["data"] == "fail":
        raise ValueError(MARKUP)
    return [
        {{"name": MARKUP, "datatype": "str", "data": MARKUP}},
        {{"name": "json", "datatype": "dict", "data": {{MARKUP: MARKUP}}}},
        {{"name": "list", "datatype": "BYTES", "shape": [2], "data": [MARKUP, MARKUP]}},
    ], model
'''

UNDOCUMENTED = """
def inference(parameters, inputs, output_fields, model_key, model):
    data = {"inputs": inputs, "parameters": parameters, "outputs": output_fields}
    return [{"name": "echo", "datatype": "dict", "data": data}], model
"""
