"""The pipeline's stages, one after the other, on folders of this machine."""

import json
from pathlib import Path

from {{ cookiecutter.package }}.pipeline import report, train

DATA = Path(__file__).parents[1] / "data" / "iris.csv"


def test_report_on_a_new_model(tmp_path, monkeypatch):
    monkeypatch.setenv("UNIP_PIPELINE_DATA", str(DATA))
    monkeypatch.setenv("UNIP_PIPELINE_MODEL", str(tmp_path / "model"))
    monkeypatch.setenv("UNIP_PIPELINE_REPORT", str(tmp_path / "report"))
    train.main()
    report.main()
    told = json.loads((tmp_path / "report" / "report.json").read_text("utf-8"))
    assert {name: row["flowers"] for name, row in told.items()} == {
        "setosa": 50,
        "versicolor": 50,
        "virginica": 50,
    }
    assert sum(row["right"] for row in told.values()) >= 140
