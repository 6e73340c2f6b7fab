from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from bridge.folders import cache_folder, config_folder, data_folder, make_private

FOLDERS = (cache_folder, data_folder, config_folder)


def test_obbligato_home_holds_every_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OBBLIGATO_HOME", str(tmp_path))
    assert [folder() for folder in FOLDERS] == [tmp_path / name for name in ("cache", "data", "config")]


def test_without_it_the_folders_are_the_users_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OBBLIGATO_HOME", raising=False)
    for folder in FOLDERS:
        assert folder().is_relative_to(Path.home())
        assert "obbligato" in folder().parts


def test_asking_for_a_folder_makes_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OBBLIGATO_HOME", str(tmp_path / "home"))
    assert not any(folder().exists() for folder in FOLDERS)
    assert not (tmp_path / "home").exists()


def test_a_private_folder_is_made_with_those_above_it(tmp_path: Path) -> None:
    make_private(tmp_path / "a" / "b")
    make_private(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()


@pytest.mark.skipif(os.name != "posix", reason="modes are a matter of POSIX")
def test_only_the_owner_may_look_into_a_private_folder(tmp_path: Path) -> None:
    make_private(tmp_path / "a" / "b")
    assert stat.S_IMODE((tmp_path / "a" / "b").stat().st_mode) == 0o700
