"""Locked packages for a Python and a platform that need not be this machine's: wheels only."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from faasctl import command
from faasctl.build.layers import Content, FromBytes, FromFile
from faasctl.errors import BuildError

#: A package with more bytes than this has a layer of its own.
HUGE = 50 * 1000 * 1000

_PLATFORMS = {
    ("linux/amd64", "gnu"): "x86_64-manylinux_2_34",
    ("linux/arm64", "gnu"): "aarch64-manylinux_2_34",
    ("linux/amd64", "musl"): "x86_64-unknown-linux-musl",
    ("linux/arm64", "musl"): "aarch64-unknown-linux-musl",
}

#: What says how or where a package was installed.
_LEFT_OUT = {"REQUESTED", "direct_url.json", "uv_cache.json", "uv_build.json"}


@dataclass(frozen=True, slots=True)
class WheelTarget:
    """For what wheels are wanted: `libc` is `gnu` or `musl`."""

    minor: str
    platform: str
    libc: str = "gnu"

    @property
    def name(self) -> str:
        """The platform as uv calls it; raises BuildError for one without wheels."""
        try:
            return _PLATFORMS[self.platform, self.libc]
        except KeyError:
            known = ", ".join(sorted({one for one, _ in _PLATFORMS}))
            raise BuildError(
                f"there are no wheels for the platform {self.platform}", hint=f"use {known}"
            ) from None


@dataclass(frozen=True, slots=True)
class Package:
    """An installed package and its files, by path below the folder."""

    name: str
    version: str
    files: tuple[str, ...]
    size: int
    license: str = ""


def check(requirements: str, target: WheelTarget, scratch: Path) -> None:
    """Raises BuildError, with the package's name, where there is no wheel; installs nothing."""
    _uv(requirements, target, scratch, "--dry-run")


def install(requirements: str, target: WheelTarget, scratch: Path) -> Path:
    """A folder with the packages of a lock."""
    folder = scratch / "packages"
    _uv(requirements, target, scratch, "--target", str(folder))
    folder.mkdir(exist_ok=True)
    return folder


def _uv(requirements: str, target: WheelTarget, scratch: Path, *more: str) -> None:
    if not has_packages(requirements):
        return
    file = scratch / "requirements.txt"
    file.write_text(requirements, "utf-8")
    words = ["pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:"]
    words += ["--python-version", target.minor, "--python-platform", target.name]
    words += ["--requirement", str(file), *more]
    if "--target" not in more:
        words += ["--target", str(scratch / "nothing")]
    if "--hash=" in requirements:
        words.append("--require-hashes")
    try:
        command.run([command.uv(), *words])
    except command.CommandError as error:
        raise refusal(error.said, target) from error


def has_packages(requirements: str) -> bool:
    return any(line[:1].isalnum() for line in requirements.splitlines())


def refusal(said: str, target: WheelTarget) -> BuildError:
    """What uv's words mean for the user."""
    text = re.sub(r"\s+", " ", said)
    match = re.search(r"([A-Za-z0-9._-]+==[^\s,]+) has no (?:usable )?wheels", text)
    match = match or re.search(r"`([A-Za-z0-9._-]+==[^\s`]+)` .*no (?:usable )?wheels", text)
    if match is None:
        return BuildError(
            f"the locked packages could not be installed:\n{said}",
            hint="mend the lock or the network, then run the command again",
        )
    there = re.search(r"on the following platforms?: ([^\n]*)", text)
    only = f" (there are wheels for {there[1].replace('`', '')})" if there else ""
    name = match[1].partition("==")[0]
    return BuildError(
        f"{match[1]} has no wheel for Python {target.minor} on {target.platform}{only}",
        hint=f"choose a version of {name} that has one, leave it out there with a marker such as "
        """`; sys_platform == "win32"`, or use another Python (image.build.python)""",
    )


def packages(folder: Path) -> tuple[Package, ...]:
    """What is installed in a folder, by name."""
    return tuple(sorted(map(_package, folder.glob("*.dist-info")), key=lambda one: one.name))


def _package(info: Path) -> Package:
    from email.parser import HeaderParser

    said = HeaderParser().parsestr((info / "METADATA").read_text("utf-8", "replace"))
    names = tuple(sorted(name for name, *_ in _rows(info / "RECORD") if _is_kept(name)))
    root = info.parent
    files = tuple(name for name in names if (root / name).is_file())
    size = sum((root / name).stat().st_size for name in files)
    licence = said["License-Expression"] or said["License"] or ""
    return Package(said["Name"], said["Version"], files, size, licence.strip().partition("\n")[0])


def _rows(record: Path) -> Iterator[list[str]]:
    if record.is_file():
        yield from filter(None, csv.reader(io.StringIO(record.read_text("utf-8"))))


def _is_kept(name: str) -> bool:
    # uv writes a package's scripts below the target and records them as `bin/…` or `../../bin/…`.
    outside = name.startswith(("/", ".."))
    return not outside and name.rpartition("/")[2] not in _LEFT_OUT and not name.endswith(".pyc")


def contents(folder: Path) -> dict[str, Content]:
    """Everything in a folder of packages but what tells machines apart, by path below it."""
    found: dict[str, Content] = {}
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if name == ".lock" or not path.is_file() or not _is_kept(name):
            continue
        if name.startswith("bin/") and _is_script(path):
            continue  # it starts with this machine's path to Python
        if name.endswith(".dist-info/RECORD"):
            found[name] = FromBytes(_record(path))
        else:
            found[name] = FromFile(path, bool(path.stat().st_mode & 0o100))
    return found


def _is_script(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"#!" and b"python" in file.readline()


def _record(path: Path) -> bytes:
    rows = sorted(row for row in _rows(path) if _is_kept(row[0]) and not row[0].startswith("bin/"))
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode()
