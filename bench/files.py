"""`faasctl files` against `aws s3 cp`: the same file, the same server, one after the other.

    python -m venv aws && aws/bin/pip install awscli
    .venv/bin/python bench/files.py --aws aws/bin/aws [--megabytes 1000] [--rounds 5] [--root DIR]

Servers: the embedded store, and versitygw where it is installed. Each round takes turns, so that
what else the machine does meets both; the table gives medians of wall time and of the client's
own processor time. Both commands are whole programs, with their start.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.faasctl.store.store_endpoint import (
    Endpoint,
    embedded,
    find_versitygw,
    versitygw,
)

MANIFEST = """
apiVersion: faasctl.dev/v1
kind: DataBox
metadata: {name: box, namespace: bench}
spec: {s3DefaultStorage: {capacity: 100G}}
"""

_COLUMNS = f"{'median':>6} {'best':>6} {'CPU':>6}"
HEAD = (
    f"{'':20} {'faasctl, s':^20} {'aws s3 cp, s':^20}\n"
    f"{'server':10} {'act':9} {_COLUMNS} {_COLUMNS}   ratio"
)


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds: wall, and the client's processor time."""

    wall: float
    processor: float


def timed(words: Sequence[str], environment: Mapping[str, str], directory: Path) -> Times:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    subprocess.run(words, env=environment, cwd=directory, check=True, capture_output=True)
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Times(wall, used)


def commands(aws: str, endpoint: Endpoint, file: Path) -> Mapping[str, Sequence[str]]:
    faasctl = [sys.executable, "-m", "faasctl", "files"]
    copy = [aws, "s3", "cp", "--quiet", "--endpoint-url", endpoint.url]
    remote = f"s3://{endpoint.bucket}/bench/by-aws"
    return {
        "upload aws": [*copy, str(file), remote],
        "upload faasctl": [*faasctl, "upload", "-q", "--force", str(file), "box/g/by-faasctl"],
        "download aws": [*copy, remote, "by-aws"],
        "download faasctl": [
            *faasctl,
            "download",
            "-q",
            "--force",
            "box/g/by-faasctl",
            "by-faasctl",
        ],
    }


def module(root: Path) -> Path:
    (root / "module" / "manifests").mkdir(parents=True)
    (root / "module" / "manifests" / "box.yaml").write_text(MANIFEST)
    return root / "module"


def measure(aws: str, endpoint: Endpoint, file: Path, rounds: int, root: Path) -> None:
    endpoint.client().create_bucket(Bucket=endpoint.bucket)
    directory = module(root)
    environment = {
        **endpoint.environment(root),
        "FAASCTL_HOME": str(root / "home"),
        "FAASCTL_S3_ENDPOINT": endpoint.url,
        "FAASCTL_S3_BUCKET": endpoint.bucket,
    }
    found: dict[str, list[Times]] = defaultdict(list)
    for _ in range(rounds):
        for name, words in commands(aws, endpoint, file).items():
            found[name].append(timed(words, environment, directory))
    for act in ("upload", "download"):
        ours, theirs = found[f"{act} faasctl"], found[f"{act} aws"]
        print(row(endpoint.name, act, ours, theirs), flush=True)


def row(server: str, act: str, ours: Sequence[Times], theirs: Sequence[Times]) -> str:
    cells = [f"{value:6.2f}" for side in (ours, theirs) for value in figures(side)]
    ratio = figures(ours)[0] / figures(theirs)[0]
    return f"{server:10} {act:9} {' '.join(cells)}   {ratio:5.2f}"


def figures(side: Sequence[Times]) -> tuple[float, float, float]:
    """Median and best wall time, median processor time."""
    walls = [one.wall for one in side]
    return statistics.median(walls), min(walls), statistics.median(one.processor for one in side)


@contextmanager
def servers(root: Path) -> Iterator[list[Endpoint]]:
    with embedded(root / "embedded") as running:
        program = find_versitygw()
        if program is None:
            print("versitygw is not installed; only the embedded store is measured")
            yield [running.endpoint]
            return
        (root / "versitygw").mkdir()
        with versitygw(program, root / "versitygw") as foreign:
            yield [running.endpoint, foreign]


def make_file(file: Path, megabytes: int) -> None:
    block = os.urandom(10**6)
    with file.open("wb") as target:
        for number in range(megabytes):
            target.write(number.to_bytes(8, "big") + block[8:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--aws", required=True, help="the AWS CLI")
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--root", type=Path, help="where servers and files are put")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.root) as folder:
        root = Path(folder)
        file = root / "file.bin"
        make_file(file, given.megabytes)
        aws = str(Path(given.aws).absolute())
        with servers(root) as endpoints:
            print(HEAD)
            for endpoint in endpoints:
                work = root / f"client-{endpoint.name}"
                work.mkdir()
                measure(aws, endpoint, file, given.rounds, work)


if __name__ == "__main__":
    main()
