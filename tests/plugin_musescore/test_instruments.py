"""New parts are asked for by MuseScore's own names of instruments."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from lxml import etree

from engine.instruments import INSTRUMENTS

HERE = Path(__file__).parent
LISTS = sorted(Path("/usr/share").glob("mscore3*/instruments/instruments.xml"))


@pytest.mark.skipif(not LISTS or shutil.which("node") is None, reason="MuseScore 3 or node is not installed")
def test_every_instrument_is_one_that_musescore_knows_with_the_staves_that_it_needs() -> None:
    script = f"console.log(JSON.stringify(require({json.dumps(str(HERE / 'load.js'))}).load('score.js').IDS))"
    ids = json.loads(subprocess.run(["node", "-e", script], capture_output=True, check=True).stdout)
    staves = {
        str(found.get("id")): int(found.findtext("staves", "1"))
        for found in etree.parse(LISTS[0]).iter("Instrument")
    }
    lacking = [
        name
        for name, instrument in INSTRUMENTS.items()
        if name != "other" and staves.get(ids.get(name, name), 0) < instrument.staves
    ]
    assert lacking == []
