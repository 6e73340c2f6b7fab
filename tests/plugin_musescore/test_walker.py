"""The plugin's walker against a model of the 4.x API, in Node."""

import shutil
import subprocess

import pytest


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_from_the_score_to_musicxml() -> None:
    found = subprocess.run(
        ["node", "--test", "tests/plugin_musescore/walker.test.js"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout + found.stderr
