"""The repository keeps its promises: commands that exist, documents that tell the truth, packages that are whole."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

import scenewright

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("planner", "prompts", "grounding", "editor", "scenewright")
DOCUMENTS = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def _targets() -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def _code_of(document: str) -> str:
    return "\n".join(re.findall(r"```.*?```|`[^`\n]+`", (ROOT / document).read_text(), re.DOTALL))


def test_ci_runs_the_checks_and_the_tests() -> None:
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o100
    assert {"check", "test"} <= set(re.search(r"^make (.*)$", script.read_text(), re.MULTILINE)[1].split())  # type: ignore[index]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_make_command_in_a_document_exists(document: str) -> None:
    named = set(re.findall(r"\bmake ([a-z][a-z-]+)", _code_of(document)))
    assert named <= _targets()


def test_every_make_command_is_explained_by_make_help() -> None:
    explained = set(re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert explained == _targets()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_in_a_document_leads_to_a_file(document: str) -> None:
    links = re.findall(r"\]\(([^)#]+)", (ROOT / document).read_text())
    missing = [link for link in links if "://" not in link and not (ROOT / link).exists()]
    assert not missing


@pytest.mark.parametrize("document", [d for d in DOCUMENTS if d != "CHANGELOG.md"])
def test_every_file_that_a_document_names_exists(document: str) -> None:
    folders = "|".join((*PACKAGES, "tests", "examples"))
    named = re.findall(rf"`((?:{folders})/[\w./-]*)`", (ROOT / document).read_text())
    missing = [name for name in named if not (ROOT / name).exists()]
    assert not missing


@pytest.mark.parametrize("document", [d for d in DOCUMENTS if d != "CHANGELOG.md"])
def test_every_name_in_our_code_that_a_document_mentions_can_be_found(document: str) -> None:
    named = re.findall(rf"`((?:{'|'.join(PACKAGES)})(?:\.\w+)+)`", (ROOT / document).read_text())
    missing = [name for name in named if not _defined(name)]
    assert not missing


def _defined(name: str) -> bool:
    parts = name.split(".")
    for split in range(len(parts), 0, -1):
        base = ROOT.joinpath(*parts[:split])
        for module in (base.with_suffix(".py"), base / "__init__.py"):
            if module.exists():
                return all(re.search(rf"\b{part}\b", module.read_text()) for part in parts[split:])
    return False


def test_the_changelog_has_one_sentence_for_each_change_under_a_version() -> None:
    lines = (ROOT / "CHANGELOG.md").read_text().splitlines()
    assert lines[0] == "# Changelog"
    headings = [line for line in lines if line.startswith("## ")]
    assert headings
    assert all(re.fullmatch(r"## (Unreleased|\d+\.\d+\.\d+ – \d{4}-\d\d-\d\d)", heading) for heading in headings)
    entries = [line for line in lines[lines.index(headings[0]):] if line and not line.startswith("#")]
    assert entries
    assert all(re.fullmatch(r"- [A-Z`].*\.", entry) and ". " not in entry for entry in entries)


def test_everything_that_is_installed_is_pinned_to_the_version_it_is_tested_with() -> None:
    pins = (ROOT / "constraints.txt").read_text()
    assert re.search(r"^torch==2\.13\.0$", pins, re.MULTILINE)
    extras = PROJECT["project"]["optional-dependencies"].values()
    wanted = [*PROJECT["project"]["dependencies"], *(need for extra in extras for need in extra)]
    pinned = {name.lower().replace("_", "-") for name in re.findall(r"^([\w.-]+)==", pins, re.MULTILINE)}
    assert {re.split(r"[>=\[]", need)[0].lower() for need in wanted} <= pinned


def test_every_package_on_disk_but_the_training_is_listed_and_typed() -> None:
    on_disk = {str(init.parent.relative_to(ROOT)).replace("/", ".")
               for package in PACKAGES for init in (ROOT / package).rglob("__init__.py")}
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == on_disk - {"grounding.pocket.training"}
    assert all((ROOT / package / "py.typed").exists() for package in PACKAGES)


def test_the_licence_is_there_in_full() -> None:
    text = (ROOT / "LICENSE").read_text()
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_says_in_its_first_line_what_it_is_for(module: Path) -> None:
    said = ast.get_docstring(ast.parse(module.read_text()))
    assert said
    assert said.splitlines()[0].rstrip().endswith((".", ":", "?"))


def test_the_public_names_are_sorted_and_each_can_be_had() -> None:
    assert list(scenewright.__all__) == sorted(scenewright.__all__)
    assert all(getattr(scenewright, name) is not None for name in scenewright.__all__)
    assert set(scenewright.__all__) <= set(dir(scenewright))


def test_an_unknown_public_name_is_refused_like_any_other_attribute() -> None:
    with pytest.raises(AttributeError, match="`nonsense`"):
        _ = scenewright.nonsense  # type: ignore[attr-defined]
