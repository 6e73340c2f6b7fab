"""The plugin's flow and its client, in Node."""

import shutil
import subprocess

import pytest


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_from_a_click_to_measures() -> None:
    found = subprocess.run(
        ["node", "--test", "tests/plugin_musescore/flow.test.js"], capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stdout + found.stderr
