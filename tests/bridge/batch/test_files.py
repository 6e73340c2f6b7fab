from __future__ import annotations

from pathlib import Path

import pytest

from bridge.batch.files import Claims, find_targets
from bridge.errors import InputError, OutputError, RequestError

TREE = (
    "a.musicxml",
    "b.MXL",
    "notes.txt",
    ".hidden.mxl",
    ".git/c.mxl",
    "a.obbligato.musicxml",
    "deep/er/c.mid",
    "deep/a.xml",
    "deep/a.obbligato.take2.xml",
)
SCORES = ["a.musicxml", "b.MXL", "deep/a.xml", "deep/er/c.mid"]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    for name in TREE:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


def found(*inputs: Path, output: str | None = None) -> list[Path]:
    return [target.source for target in find_targets(inputs, output, 1)]


def written(*inputs: Path, output: str | None = None, takes: int = 1) -> list[Path]:
    return [path for target in find_targets(inputs, output, takes) for path in target.outputs]


def test_a_folder_means_its_scores_however_deep_but_no_results_and_nothing_hidden(tree: Path) -> None:
    assert found(tree) == [tree / name for name in SCORES]


def test_results_lie_in_the_output_folder_as_the_scores_in_theirs(tree: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    names = ["a.obbligato.musicxml", "b.obbligato.MXL", "deep/a.obbligato.xml", "deep/er/c.obbligato.mid"]
    assert written(tree, output=str(out)) == [out / name for name in names]
    assert written(tree / "deep" / "er", output=str(out)) == [out / "c.obbligato.mid"]


def test_without_an_output_folder_results_lie_beside_their_inputs(tree: Path) -> None:
    assert written(tree / "deep", takes=2)[2:] == [
        tree / "deep" / "er" / "c.obbligato.mid",
        tree / "deep" / "er" / "c.obbligato.take2.mid",
    ]


def test_patterns_are_expanded_where_the_shell_has_not(tree: Path) -> None:
    assert found(tree / "*.musicxml") == [tree / "a.musicxml"]
    assert found(tree / "**" / "*.xml") == [tree / "deep" / "a.xml"]
    assert found(tree / "[ad]*") == [
        tree / "a.musicxml",
        tree / "deep" / "a.xml",
        tree / "deep" / "er" / "c.mid",
    ]


def test_a_file_whose_name_looks_like_a_pattern_is_a_file(tmp_path: Path) -> None:
    draft = tmp_path / "song [draft].musicxml"
    draft.touch()
    assert found(draft) == [draft]
    assert found(tmp_path / "song [other].musicxml") == [tmp_path / "song [other].musicxml"]


def test_what_is_given_twice_is_written_once(tree: Path) -> None:
    again = tree / "deep" / ".." / "a.musicxml"
    assert found(tree / "b.MXL", tree, again) == [tree / name for name in ("b.MXL", *SCORES[:1], *SCORES[2:])]


def test_what_this_command_writes_is_no_input_of_it(tree: Path) -> None:
    """As with ``*.musicxml``, expanded by the shell, after an interruption."""
    song, result = tree / "a.musicxml", tree / "a.obbligato.musicxml"
    assert found(song, result) == [song]
    assert found(result) == [result]
    assert found(song, result, output=f"{tree}/out/") == [song, result]


def test_one_file_is_no_place_for_a_folder(tree: Path) -> None:
    with pytest.raises(RequestError, match=r"one\.mxl"):
        find_targets([tree / "deep" / "er"], "one.mxl", 1)


def test_a_file_belongs_to_the_first_input_that_means_to_write_it(tree: Path, tmp_path: Path) -> None:
    (tree / "deep" / "a.musicxml").touch()
    targets = find_targets([tree / "deep" / "a.musicxml", tree / "a.musicxml"], f"{tmp_path}/out/", 1)
    claims = Claims(targets)
    claims.require(targets[0])
    with pytest.raises(OutputError, match=r"already written from .*deep"):
        claims.require(targets[1])


def test_a_folder_without_scores_says_so(tmp_path: Path) -> None:
    (target,) = find_targets([tmp_path], None, 1)
    with pytest.raises(InputError, match="no score in this folder"):
        target.read()
