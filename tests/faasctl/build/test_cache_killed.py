"""A build whose process is killed, while the program that it started goes on writing."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from faasctl import process
from faasctl.build import cache

BUILD = """
import sys
from pathlib import Path
from faasctl import process
from faasctl.build import cache

WRITE = "touch begun; sleep 1; mkdir late && touch late/file"
cache.prepared(Path(sys.argv[1]), lambda folder: process.capture(["sh", "-c", WRITE],
                                                                 directory=folder))
"""


def test_nobody_builds_anew_while_a_killed_build_still_writes(tmp_path: Path) -> None:
    folder = tmp_path / "environment"
    with subprocess.Popen([sys.executable, "-c", BUILD, str(folder)]) as building:
        while not (folder / "begun").exists():
            time.sleep(0.01)
        building.kill()
    seen: list[bool] = []

    def make(place: Path) -> None:
        seen.append((tmp_path / "environment" / "late").exists())
        process.capture(["touch", "whole"], directory=place)

    cache.prepared(folder, make)
    time.sleep(1.2)
    assert seen == [False]
    assert sorted(path.name for path in folder.iterdir()) == [".complete", "whole"]
