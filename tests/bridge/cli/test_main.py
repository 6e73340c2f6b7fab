from __future__ import annotations

import subprocess
import sys

import pytest
from click.testing import CliRunner

from bridge.__main__ import run
from bridge.cli import main
from bridge.options import AccompanyOptions

HEAVY = ("torch", "music21", "lxml", "numpy", "pydantic", "rich")


@pytest.mark.parametrize("command", ["", "accompany", "engines", "train", "serve", "doctor"])
def test_help_answers_without_the_heavy_packages(command: str) -> None:
    """In a process of its own, for this one has them all."""
    script = (
        "import sys\nfrom click.testing import CliRunner\nfrom bridge.cli import main\n"
        f"result = CliRunner().invoke(main, [*{command.split()!r}, '--help'])\n"
        f"print(result.exit_code, sorted(set({HEAVY!r}) & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "0 []"


def test_help_states_the_defaults_that_hold() -> None:
    text = " ".join(CliRunner().invoke(main, ["accompany", "--help"]).output.split())
    options = AccompanyOptions.parse({})
    stated = [
        *(
            "set: string-quartet, satb, band. Default: " + options.instruments[0],
            "Default: " + options.engine,
        ),
        *(f"is bold. Default: {options.temperature}", f"rhythms from more. Default: {options.top_p}"),
        *("ignore them. Default: " + options.chords, f"upwards. Default: {options.takes}"),
    ]
    assert [words for words in stated if words not in text] == []


def test_every_option_of_the_service_is_one_of_the_command() -> None:
    from bridge.cli.accompany import accompany

    names = {parameter.name for parameter in accompany.params}
    assert set(AccompanyOptions.model_fields) <= names


def test_the_version_is_printed() -> None:
    result = CliRunner().invoke(main, ["--version"])
    assert result.exit_code == 0
    assert result.output.startswith("obbligato ")


def test_an_unknown_command_is_wrong_usage() -> None:
    assert CliRunner().invoke(main, ["acompany"]).exit_code == 2


def test_ctrl_c_while_the_command_is_still_imported_ends_it_without_a_word(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Interrupted:
        @staticmethod
        def find_spec(name: str, *_: object) -> None:
            if name == "bridge.cli":
                raise KeyboardInterrupt

    monkeypatch.delitem(sys.modules, "bridge.cli")
    monkeypatch.setattr(sys, "meta_path", [Interrupted, *sys.meta_path])
    with pytest.raises(SystemExit) as ended:
        run()
    assert ended.value.code == 130
    assert capsys.readouterr() == ("", "")
