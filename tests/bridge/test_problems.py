"""How errors are told to programs."""

from __future__ import annotations

import pytest

from bridge.errors import RequestError
from bridge.problems import problem


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "Choose other measures with --measures, or use --replace.",
            'Choose other measures with "measures", or use "replace".',
        ),
        ("--top-p must be 0 to 1", '"top_p" must be 0 to 1'),
        ("measures 1--2", "measures 1--2"),
        ("a -- b", "a -- b"),
    ],
)
def test_options_are_named_as_members_of_a_request(text, told):
    said = problem(RequestError(text, text))
    assert (said["detail"], said["hint"]) == (told, told)
