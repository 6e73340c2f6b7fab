"""The panel under Qt 6, as in MuseScore 4.4 and later, with a stand-in for MuseScore's own module."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtQuick", exc_type=ImportError)  # also where Qt lacks a library of the system

# A process of its own: Qt has one application, and says what is wrong on standard error.
_SCRIPT = """
import json
import sys
from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QGuiApplication
from PySide6.QtQml import QQmlComponent, QQmlEngine

application = QGuiApplication([])
engine = QQmlEngine()
engine.addImportPath(sys.argv[1])
engine.rootContext().setContextProperty("Element", {"CHORD": 93})
engine.rootContext().setContextProperty("stored", json.loads(sys.argv[3]))
component = QQmlComponent(engine, QUrl.fromLocalFile(sys.argv[2]))
panel = component.create()
assert panel, component.errorString()
assert panel.property("height") <= 480
panel.run.emit()
application.processEvents()
assert panel.property("flow").property("stage").toString() == "idle"
panel.findChild(QObject, "write").clicked.emit()
application.processEvents()
print(panel.property("flow").property("message").toString())
"""


@pytest.mark.parametrize(
    "stored",
    [
        {},
        {"bridge-path.json": '{"announcement": "/home/bridge.json"}', "plugin.json": '{"density": 2, "ta'},
        {"bridge-path.json": '{"announ'},
    ],
    ids=["no files", "half of the settings", "half of the path"],
)
def test_the_panel_loads_without_a_word_and_says_that_no_score_is_open(stored: dict[str, str]) -> None:
    here = Path(__file__).parent
    panel = here.parents[1] / "plugin_musescore" / "obbligato" / "Obbligato.qml"
    found = subprocess.run(
        [sys.executable, "-c", _SCRIPT, here / "qt6", panel, json.dumps(stored)],
        capture_output=True,
        text=True,
        check=False,
        env={
            "QT_QPA_PLATFORM": "offscreen",
            "QT_QUICK_CONTROLS_STYLE": "Basic",
            "QT_QUICK_BACKEND": "software",
        },
    )
    assert (found.returncode, found.stdout) == (0, "Open a score first.\n"), found.stderr
    complaints = [line for line in found.stderr.splitlines() if "Obbligato " not in line]
    assert complaints == []
