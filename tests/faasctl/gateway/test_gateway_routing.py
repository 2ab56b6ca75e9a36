"""Where a request target leads, as a table."""

from __future__ import annotations

import pytest

from faasctl.gateway.routing import Forward, Names, Place, Redirect, Unknown, place

SHOP = Names({"iris": frozenset({"next"}), "rose": frozenset()})
TABLE = {"shop": SHOP, "web": Names({"front": frozenset(), "f": frozenset()}, "front")}
SHOWN = ("/shop/iris/", "/shop/rose/")


def iris(target: str, prefix: str = "/shop/iris", tag: str = "") -> Forward:
    return Forward("shop", "iris", tag, target, prefix)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/shop/iris/", iris("/")),
        ("/shop/iris/a/b?c=/d?e", iris("/a/b?c=/d?e")),
        ("/shop/iris//a%2F/..//", iris("//a%2F/..//")),
        ("/shop/iris?x=/y", Redirect("/shop/iris/?x=/y")),
        ("/shop/iris", Redirect("/shop/iris/")),
        ("/%73hop/ir%69s/x", iris("/x", "/%73hop/ir%69s")),
        ("/shop/iris@next/x", iris("/x", "/shop/iris@next", "next")),
        ("/shop/iris%40next/x", iris("/x", "/shop/iris%40next", "next")),
        ("/shop/iris@/x", iris("/x", "/shop/iris@")),
        ("/shop/iris@no/x", Unknown("iris has no tag 'no'", ("/shop/iris@next/",))),
        ("http://localhost:1/shop/iris/x?y", iris("/x?y")),
        ("http://localhost", Unknown("no namespace ''", ("/shop/", "/web/"))),
        ("/shop/lily/x", Unknown("nothing of that name in shop", SHOWN)),
        ("/shop%2Firis/x", Unknown("no namespace 'shop/iris'", ("/shop/", "/web/"))),
        ("/shop//iris/x", Unknown("nothing of that name in shop", SHOWN)),
        ("/shop", Unknown("nothing of that name in shop", SHOWN)),
        ("/", Unknown("no namespace ''", ("/shop/", "/web/"))),
        ("*", Unknown("no namespace ''", ("/shop/", "/web/"))),
        ("//shop/iris/", Unknown("no namespace ''", ("/shop/", "/web/"))),
        ("/web/f/x", Forward("web", "f", "", "/x", "/web/f")),
        ("/web/files/a%2Fb?c", Forward("web", "front", "", "/files/a%2Fb?c", "/web")),
        ("/web/", Forward("web", "front", "", "/", "/web")),
        ("/web?q", Redirect("/web/?q")),
    ],
)
def test_where_it_leads(target: str, expected: Place) -> None:
    assert place(target, TABLE) == expected


@pytest.mark.parametrize(
    ("target", "component", "seen"),
    [
        ("/garden/find/predict", "api", "/find/predict"),
        ("/garden/find", "api", "/find"),
        ("/garden/files/box/a", "api", "/files/box/a"),
        ("/garden/%66ind/predict", "api", "/%66ind/predict"),
        ("/garden/find@/predict", "find", "/predict"),
        ("/garden/rose/predict", "rose", "/predict"),
    ],
)
def test_a_path_of_the_api_is_the_apis_whatever_functions_are_called(
    target: str, component: str, seen: str
) -> None:
    functions = {name: frozenset[str]() for name in ("find", "rose", "files", "api")}
    table = {"garden": Names(functions, "api", frozenset({"find", "files"}))}
    found = place(target, table)
    assert isinstance(found, Forward)
    assert (found.component, found.target) == (component, seen)
