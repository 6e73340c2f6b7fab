from __future__ import annotations

import subprocess
import sys

import pytest
from lxml import etree

from bridge.documents.schema import musicxml_schema, plain, violations

SCORE = """<score-partwise version="4.0"><part-list><score-part id="P1"><part-name/></score-part></part-list>
<part id="P1"><measure number="1">{}</measure></part></score-partwise>"""
NOTE = "<note><rest/><duration>4</duration>{}</note>"


def tree(content: str) -> etree._ElementTree:
    return etree.fromstring(SCORE.format(content)).getroottree()


def test_a_valid_document() -> None:
    assert list(violations(tree(NOTE.format("<voice>1</voice>")))) == []


@pytest.mark.parametrize(
    ("content", "tag", "words"),
    [
        ("<sneeze/>", "sneeze", "<sneeze> does not belong here; expected is "),
        (NOTE.format("<type>quarter</type><voice>1</voice>"), "voice", "<voice> does not belong here; "),
        ("<note><rest/></note>", "note", "<note> lacks "),
        (NOTE.format("<type>crotchet</type>"), "type", '"crotchet" is no value for <type>'),
        (
            "<attributes><divisions>0</divisions></attributes>",
            "divisions",
            '"0" is no value for <divisions>',
        ),
        (NOTE.format("<stem/>"), "stem", '"" is no value for <stem>'),
        (NOTE.format('<dot colour="red"/>'), "dot", "<dot> may not have the attribute colour"),
        ("<barline><repeat/></barline>", "repeat", "<repeat> lacks the attribute direction"),
        (
            '<barline><repeat direction="up"/></barline>',
            "repeat",
            '"up" is no value for the attribute direction of <repeat>',
        ),
        (NOTE.format("words"), "note", "<note> may hold no text"),
    ],
)
def test_each_violation_in_plain_words_once(content: str, tag: str, words: str) -> None:
    ((element, said),) = violations(tree(content))
    assert element is not None and element.tag == tag
    assert said.startswith(words)


def test_a_complaint_that_is_not_known_is_passed_on() -> None:
    assert plain("Element 'note'", "Something new.") == "<note>: Something new."


def test_the_schema_is_compiled_once() -> None:
    assert musicxml_schema() is musicxml_schema()


def test_the_package_that_carries_it_is_not_imported() -> None:
    code = (
        "import sys, bridge.documents.schema as s; s.musicxml_schema(); sys.exit('musicxml' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
