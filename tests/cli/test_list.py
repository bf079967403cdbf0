"""``archdsl list``"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from archdsl import pipeline
from archdsl.resources import zoo_names
from archdsl.zoo import ZooFilter, bound_of, entries
from tests.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Archdsl


def test_the_numbers_are_those_of_the_networks() -> None:
    found = {entry.name: entry for entry in entries()}
    for name in ("lenet5", "googlenet", "resnet50", "densenet121", "vgg16", "inception_v3"):
        network = pipeline.check(name).network
        assert network is not None
        entry = found[name]
        assert (entry.params, entry.macs) == (network.params, network.macs)
    assert found["densenet121"].year == 2017
    assert found["resnet50"].reference == "torchvision:resnet50"


def test_every_network_is_listed_with_its_family_and_year() -> None:
    found = entries()
    assert all(entry.family and entry.year for entry in found), [e.name for e in found if not e.family]
    # What is not listed is a base that others stand on.
    bases = {
        match[1].partition(".")[0]
        for path in (ROOT / "architectures").glob("*.yaml")
        if (match := re.search(r"^extends: *(\S+)", path.read_text(encoding="utf-8"), re.MULTILINE))
    }
    assert set(zoo_names()) - {entry.name for entry in found} <= bases


def test_filters(archdsl: Archdsl) -> None:
    found = json.loads(archdsl("list", "densenet", "--params", "<10M", "--sort", "macs", "--json").stdout)
    assert "densenet121" in [entry["name"] for entry in found]
    assert all("densenet" in entry["name"] and entry["params"] < 10**7 for entry in found)
    assert [entry["macs"] for entry in found] == sorted(entry["macs"] for entry in found)
    table = archdsl("list", "--family", "vgg", "--reference", "torchvision", "--year", "2014..2015").stdout
    assert "vgg16_bn" in table
    assert "vgg16c" not in table
    assert archdsl("list", "nothing of that kind").stdout == "0 networks\n"


@pytest.mark.parametrize(
    ("text", "number", "holds"),
    [
        ("<30M", 30_000_000, False),
        ("<=30M", 30_000_000, True),
        (">4.5G", 4_500_000_000, False),
        (">=4.5G", 4_500_000_000, True),
        ("11_689_512", 11_689_512, True),
        ("1k..2k", 2000, True),
        ("1k..2k", 2001, False),
    ],
)
def test_bounds(text: str, number: int, holds: bool) -> None:
    entry = entries(["resnet18"])[0]._replace(params=number)
    assert ZooFilter(bounds=(bound_of("params", text),)).takes(entry) is holds


def test_a_bound_that_is_none_is_refused(archdsl: Archdsl) -> None:
    done = archdsl("list", "--params", "few")
    assert done.returncode == 2
    assert "`--params few` is no bound on a number" in done.stderr


@pytest.mark.parametrize("extension", ["svg", "png", "pdf"])
def test_the_figure(archdsl: Archdsl, tmp_path: Path, extension: str) -> None:
    pytest.importorskip("matplotlib")
    for name in ("one", "two"):
        done = archdsl("list", "resnet", "--plot", f"{name}.{extension}")
        assert done.returncode == 0, done.stderr
    one, two = ((tmp_path / f"{name}.{extension}").read_bytes() for name in ("one", "two"))
    assert one == two
    if extension == "svg":
        assert b">resnet152<" in one


def test_a_figure_of_another_kind_is_refused(archdsl: Archdsl, tmp_path: Path) -> None:
    done = archdsl("list", "--plot", "zoo.gif")
    assert done.returncode == 2
    assert not (tmp_path / "zoo.gif").exists()


def test_the_page_of_the_zoo_is_what_the_command_writes(
    archdsl: Archdsl, request: pytest.FixtureRequest
) -> None:
    page = ROOT / "architectures" / "README.md"
    written = archdsl("list", "--markdown").stdout
    if request.config.getoption("--update-golden"):
        page.write_text(written, encoding="utf-8")
    assert page.read_text(encoding="utf-8") == written, "run `make zoo`"
