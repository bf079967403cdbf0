"""What people see, as golden files: ``pytest --update-golden`` writes them again, to be read before they
are committed."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from archdsl import pipeline
from archdsl.diagnostics import explanations as package
from archdsl.diagnostics.explanations import explanations
from archdsl.diagnostics.render import render_text
from archdsl.report.summary import render
from tests.conftest import Golden

GROUPS = sorted(Path(package.__file__).parent.glob("*.yaml"))


@pytest.mark.parametrize("group", GROUPS, ids=[path.stem for path in GROUPS])
def test_the_text_of_every_explained_diagnostic(
    group: Path, golden: Golden, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    entries = explanations()
    texts = []
    for code in yaml.safe_load(group.read_text(encoding="utf-8")):
        entry = entries[code]
        for name, text in {**entry.files, "design.yaml": entry.example}.items():
            Path(name).write_text(text, encoding="utf-8")
        result = pipeline.check("design.yaml", settings=entry.settings, input=entry.input)
        texts.append(render_text(result.diagnostics) + "\n")
    golden("\n".join(texts), f"{group.stem}.txt")


@pytest.mark.parametrize(("name", "depth"), [("densenet121", 2), ("googlenet", 1), ("lenet5", None)])
def test_tables(name: str, depth: int | None, golden: Golden) -> None:
    network = pipeline.check(name).network
    assert network is not None
    golden(render(network.graph, depth=depth) + "\n", f"{name}.txt")
