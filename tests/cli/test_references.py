"""What is said of a FILE that is neither there nor a network of the zoo, and that it works."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from archdsl.diagnostics import UsageError
from archdsl.loading import open_source
from archdsl.resources import zoo_names
from tests.conftest import Archdsl


def help_of(reference: str) -> str:
    with pytest.raises(UsageError) as raised:
        open_source(reference)
    return raised.value.help


@pytest.mark.parametrize("name", zoo_names())
def test_a_name_as_others_write_it_leads_to_the_network(name: str) -> None:
    """``ResNet-50``, ``resnet-50`` and a name with two letters exchanged."""
    for written in (name.upper(), name.replace("_", "-") + "-", name[1] + name[0] + name[2:]):
        if written not in zoo_names():
            assert f"`{name}`" in help_of(written), written


def test_a_family_is_shown_in_part_and_the_command_shows_it_all(archdsl: Archdsl) -> None:
    help = help_of("dense")
    assert len(re.findall(r"`densenet\w*`", help)) == 5
    (command,) = re.findall(r"`archdsl (list \w+)`", help)
    assert len(help) < 200
    assert archdsl(*command.split()).stdout.count("densenet") > 5
    assert "`archdsl list densenet` shows them" in help_of("densenet112")


def test_a_word_like_nothing_gets_the_command_that_lists(archdsl: Archdsl) -> None:
    done = archdsl("check", "nosuch")
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is neither a file nor a zoo network `nosuch`" in done.stderr
    assert "`archdsl list`" in done.stderr
    assert len(done.stderr) < 250
    assert archdsl("list").returncode == 0


def test_a_file_beside_is_found_without_its_ending(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.arch").write_text("input [4]\nbody relu\n")
    assert help_of("mine") == "did you mean `mine.arch`?"
    assert help_of("mnie.arch") == "did you mean `mine.arch`?"


def test_a_network_of_the_zoo_has_no_ending(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert help_of("resnet50.yml") == "the network of the zoo is called `resnet50`"
