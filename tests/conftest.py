"""Settings for all tests: one torch thread, and hypothesis without its clock (machines are noisy)."""

from __future__ import annotations

import os
import sys

os.environ.setdefault("OMP_NUM_THREADS", "1")

from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import settings
from lxml import etree
from musescore import headless

from bridge.documents.schema import musicxml_schema

settings.register_profile("obbligato", deadline=None, derandomize=True)
settings.load_profile("obbligato")


@pytest.fixture(autouse=True)
def no_fraction_of_a_text() -> Iterator[None]:
    """``engine.exact`` says why: the zero that is read here is the one that it would write over."""
    yield
    assert BytesIO(bytes(2)).read(1)[0] == 0, "a Fraction was made from a text"


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """What torch draws where nobody sets a seed does not hang on the tests that ran before in this process."""
    if torch := sys.modules.get("torch"):
        torch.manual_seed(0)


@pytest.fixture(scope="session")
def schema() -> etree.XMLSchema:
    """MusicXML 4.0."""
    return musicxml_schema()


@pytest.fixture(scope="session")
def musescore() -> Callable[[Path], headless.Loaded]:
    """``musescore.headless.load``, where there is a MuseScore 3."""
    if headless.executable() is None:
        pytest.skip("MuseScore 3 is not installed")
    return headless.load
