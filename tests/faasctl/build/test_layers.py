"""Layers are the same bytes for the same content; byte code is the same in any process."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from faasctl.build import bytecode, image_parts, layers
from faasctl.build.bytecode_tree import own_minor, with_bytecode
from faasctl.build.layers import FromBytes, FromFile, Shelf, Tree
from faasctl.build.wheels import HUGE, Package
from faasctl.errors import BuildError


def archive(tree: Tree) -> bytes:
    out = io.BytesIO()
    layers.write_archive(tree, out)
    return out.getvalue()


def test_an_archive_is_known_to_the_byte() -> None:
    made = archive({"b/x.py": FromBytes(b"1"), "a": FromBytes(b"#!", executable=True)})
    assert hashlib.sha256(made).hexdigest() == (
        "4690689da5670c139f9b57fdae0cb05dee56e023785048469eb6f22b8a2e40e6"
    )


def test_times_owners_modes_and_order_are_no_part_of_a_layer(tmp_path: Path) -> None:
    for folder, mode, time in (("one", 0o600, 1), ("two", 0o666, 2_000_000_000)):
        (tmp_path / folder).mkdir()
        file = tmp_path / folder / "x"
        file.write_text("same")
        file.chmod(mode)
        os.utime(file, (time, time))
    one = archive({"d/x": FromFile(tmp_path / "one" / "x"), "a": FromBytes(b"")})
    two = archive({"a": FromBytes(b""), "d/x": FromFile(tmp_path / "two" / "x")})
    assert one == two
    with tarfile.open(fileobj=io.BytesIO(one)) as tar:
        found = [(m.name, m.mode, m.uid, m.gid, m.uname, m.mtime) for m in tar]
    assert found == [
        ("a", 0o644, 0, 0, "", 0),
        ("d", 0o755, 0, 0, "", 0),
        ("d/x", 0o644, 0, 0, "", 0),
    ]


def test_long_names_and_foreign_letters_survive() -> None:
    name = f"faasctl/packages/{'ö' * 60}/{'x' * 120}.py"
    with tarfile.open(fileobj=io.BytesIO(archive({name: FromBytes(b"1")}))) as tar:
        assert tar.getnames()[-1] == name


def test_a_packed_layer_is_found_again_by_its_content(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    first = shelf.pack("a", {"x": FromBytes(b"1" * 5000)}, level=1)
    again = shelf.pack("b", {"x": FromBytes(b"1" * 5000)}, level=9)
    assert (again.digest, again.size, again.what) == (first.digest, first.size, "b")
    assert first.size < 5000
    assert len(list((tmp_path / "blobs").iterdir())) == 1
    shelf.remember("key", [first])
    assert shelf.made("key") == (first,)
    shelf.blob(first.digest).unlink()
    assert shelf.made("key") is None


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"gone\.py can't be read"):
        Shelf(tmp_path).pack("x", {"a": FromFile(tmp_path / "gone.py")})


SOURCE = b'''"""Words."""
import os
NAMES = {"alpha", "beta", "gamma"}
def f(x, *, alpha="a b c"):
    """More."""
    return x in {"alpha", "zeta", "eta", "theta"} and [os.path.join(alpha, y) for y in NAMES]
class Alpha:
    beta = (1.5, 3000, b"q", "w", ("alpha", "a b c"), 10**20)
'''


@pytest.mark.parametrize("seed", ["0", "1", "2"])
def test_byte_code_is_the_same_in_any_process(tmp_path: Path, seed: str) -> None:
    source, target = tmp_path / "x.py", tmp_path / "x.pyc"
    source.write_bytes(SOURCE)
    (tmp_path / "list").write_text(f"{source}\t/function/x.py\t{target}")
    subprocess.run(
        [sys.executable, bytecode.__file__, str(tmp_path / "list")],
        check=True,
        env={"PYTHONHASHSEED": seed},
    )
    made = bytecode.compiled(SOURCE, "/function/x.py")
    assert made == target.read_bytes()
    assert made is not None
    assert made[4:8] == b"\x01\0\0\0"  # by hash, and not checked


def test_sources_that_are_no_python_have_no_byte_code(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    (tmp_path / "b.py").write_text("print 1\n")
    tree: Tree = {f"d/{name}": FromFile(tmp_path / name) for name in ("a.py", "b.py")}
    tag = f"cpython-{own_minor().replace('.', '')}"
    assert set(with_bytecode(tree, own_minor(), tmp_path)) == {
        "d/a.py",
        "d/b.py",
        f"d/__pycache__/a.{tag}.pyc",
    }


def test_byte_code_for_a_python_that_nobody_has_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("")
    with pytest.raises(BuildError, match=r"needs a Python 3\.99") as caught:
        with_bytecode({"a.py": FromFile(tmp_path / "a.py")}, "3.99", tmp_path)
    assert caught.value.hint == "uv python install 3.99"


def test_huge_packages_have_layers_of_their_own() -> None:
    tree: Tree = {
        f"p/{name}": FromBytes(b"")
        for name in (
            "big/a.py",
            "big/__pycache__/a.cpython-311.pyc",
            "small.py",
            "huge/x.so",
            "big-1.info",
        )
    }
    found = [
        Package("big", "1", ("big/a.py", "big-1.info"), HUGE + 1),
        Package("huge", "2", ("huge/x.so",), HUGE + 2),
        Package("small", "3", ("small.py",), HUGE),
    ]
    split = [(what, sorted(part)) for what, part in image_parts.split(tree, "p", found)]
    assert split == [
        ("huge 2", ["p/huge/x.so"]),
        ("big 1", ["p/big-1.info", "p/big/__pycache__/a.cpython-311.pyc", "p/big/a.py"]),
        ("p", ["p/small.py"]),
    ]
