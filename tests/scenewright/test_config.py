"""Settings: flags over variables over file, nothing unknown, no secret in sight."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from grounding.settings import GUIDED
from scenewright.config import Settings, assigned
from scenewright.errors import BadSettings
from scenewright.places import FILE, config_file, configured


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A settings file of the test's own, not there yet."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return tmp_path / "scenewright" / "config.toml"


def written(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def test_a_flag_counts_for_more_than_a_variable_and_that_for_more_than_the_file(
        file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(file, 'rounds = 2\nsteps = 10\nimage_model = "file"\n')
    monkeypatch.setenv("SCENEWRIGHT_STEPS", "20")
    monkeypatch.setenv("SCENEWRIGHT_IMAGE_MODEL", "variable")
    settings = Settings.load({"image_model": "flag", "seed": None})
    assert (settings.rounds, settings.steps, settings.image_model, settings.seed) == (2, 20, "flag", 0)


def test_settings_are_known_to_be_absent_without_loading_them(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not configured()
    monkeypatch.setenv("SCENEWRIGHT_TRACEBACK", "1")
    assert not configured()
    written(file, "rounds = 2")
    assert configured()
    file.unlink()
    monkeypatch.setenv("SCENEWRIGHT_LLM", "openai:x")
    assert configured()


def test_an_unknown_variable_is_refused_with_the_nearest_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCENEWRIGHT_IMAGE_MODLE", "x")
    with pytest.raises(BadSettings, match=r"SCENEWRIGHT_IMAGE_MODLE is set.*did you mean `image_model`"):
        Settings.load()
    with pytest.raises(BadSettings):
        Settings()


def test_the_variables_that_are_no_settings_are_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCENEWRIGHT_TRACEBACK", "1")
    assert Settings.load().rounds == 4


def test_an_unknown_name_in_the_file_is_refused_with_the_file_and_the_nearest_name(file: Path) -> None:
    written(file, "runds = 2\n")
    with pytest.raises(BadSettings, match=r"config\.toml` sets `runds`.*did you mean `rounds`"):
        Settings.load()


def test_an_unknown_row_of_remedies_is_refused(file: Path) -> None:
    written(file, '[remedies]\nmising = ["reseed"]\n')
    with pytest.raises(BadSettings, match=r"remedies\.mising"):
        Settings.load()


def test_an_unknown_remedy_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCENEWRIGHT_REMEDIES__MISSING", '["pray"]')
    with pytest.raises(BadSettings, match=r"remedies\.missing"):
        Settings.load()


def test_a_row_of_the_decision_table_can_be_overridden_from_all_three_places(
        file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(file, '[remedies]\nmissing = ["reseed"]\n')
    assert Settings.load().remedies.missing == ("reseed",)
    monkeypatch.setenv("SCENEWRIGHT_REMEDIES__MISSING", '["replan"]')
    assert Settings.load().remedies.missing == ("replan",)
    flags = assigned(['remedies.missing=["guide", "replan"]'])
    assert Settings.load(flags).remedies.missing == ("guide", "replan")
    assert Settings.load(flags).remedies.surplus == Settings().remedies.surplus


@pytest.mark.parametrize(("flags", "name"), [
    ({"rounds": 0}, "rounds"), ({"candidates": 17}, "candidates"), ({"steps": 0}, "steps"), ({"steps": 10**9}, "steps"),
    ({"strength": float("nan")}, "strength"), ({"guidance_scale": float("inf")}, "guidance_scale"),
    ({"device": "tpu; rm"}, "device"), ({"seed": -1}, "seed"), ({"seconds": 0}, "seconds"),
])
def test_a_value_out_of_range_is_refused_by_its_name(flags: dict[str, object], name: str) -> None:
    with pytest.raises(BadSettings, match=f"`{name}`"):
        Settings.load(flags)


def test_a_secret_is_nowhere_to_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCENEWRIGHT_LLM_API_KEY", "sk-very-secret")
    settings = Settings.load()
    assert settings.llm_api_key is not None
    assert settings.llm_api_key.get_secret_value() == "sk-very-secret"
    for said in (repr(settings), str(settings), settings.model_dump_json(), repr(settings.shown())):
        assert "very-secret" not in said


def test_a_refused_setting_does_not_repeat_what_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadSettings) as caught:
        Settings.load({"llm_api_key": ["sk-very-secret"]})
    assert "very-secret" not in str(caught.value)
    with pytest.raises(ValidationError) as raw:
        Settings(llm_api_key=["sk-very-secret"])  # type: ignore[arg-type]
    assert "very-secret" not in str(raw.value)


def test_a_file_in_the_working_folder_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("config.toml", "scenewright.toml", ".env"):
        (tmp_path / name).write_text('llm_base_url = "http://evil"\nSCENEWRIGHT_LLM_BASE_URL="http://evil"\n')
    monkeypatch.chdir(tmp_path)
    assert Settings.load().llm_base_url == ""


def test_a_named_file_that_is_missing_or_damaged_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = tmp_path / "mine.toml"
    monkeypatch.setenv(FILE, str(named))
    assert config_file() == named
    with pytest.raises(BadSettings, match="there is no such file"):
        Settings.load()
    named.write_text("rounds = = 2")
    with pytest.raises(BadSettings, match=r"cannot read the settings in .*mine\.toml"):
        Settings.load()


@pytest.mark.parametrize("word", ["rounds", "=3", "rondes=3", "remedies.missing.more=1"])
def test_an_assignment_that_sets_nothing_is_refused(word: str) -> None:
    with pytest.raises(BadSettings):
        assigned([word])


@pytest.mark.parametrize(("name", "bad"), [
    ("steps", 0), ("steps", 1001), ("guidance_scale", 0.5), ("guidance_scale", 100.5), ("strength", -0.1),
    ("strength", 100.5)])
def test_how_to_paint_has_one_set_of_bounds(name: str, bad: float) -> None:
    with pytest.raises(BadSettings, match=name):
        Settings.load({name: bad})
    with pytest.raises(ValidationError, match="scale" if name == "strength" else name):
        GUIDED.but(refocus={"scale": bad}) if name == "strength" else GUIDED.but(**{name: bad})
