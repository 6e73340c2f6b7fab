"""The plugin's whole way in MuseScore 4, in Node over a recorded score, with a real bridge."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from benchmarks.bridge.running import bridge


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_from_a_click_to_notes_and_back() -> None:
    with bridge() as running:
        running.wait_ready()
        found = subprocess.run(
            ["node", "--test", Path(__file__).with_name("whole.test.js")],
            env={**os.environ, "ANNOUNCEMENT": str(running.home / "config" / "bridge.json")},
            capture_output=True,
            text=True,
            check=False,
        )
    assert found.returncode == 0, found.stdout + found.stderr
    assert "# skipped 0" in found.stdout
