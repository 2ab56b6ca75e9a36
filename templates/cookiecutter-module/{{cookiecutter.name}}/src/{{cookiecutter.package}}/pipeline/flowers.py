"""The pipeline's input: CSV files of flowers whose species are known."""

import csv
from pathlib import Path


def read(place):
    """The measurements and the species of all flowers in a file, or in the files of a folder."""
    path = Path(place)
    files = sorted(path.rglob("*.csv")) if path.is_dir() else [path]
    rows = [row for file in files for row in _rows(file)]
    return [[float(value) for value in row[:4]] for row in rows], [row[4] for row in rows]


def _rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.reader(file))[1:]
