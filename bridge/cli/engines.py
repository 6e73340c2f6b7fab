"""``obbligato engines``."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from engine.interface import EngineInfo


@click.command(short_help="List the engines and what each can do.")
@click.option("--json", "as_json", is_flag=True, help="Print the list for machines.")
def engines(as_json: bool) -> None:
    """List the engines, their weights and licences, and what each can do."""
    from bridge.engines import engine_infos

    found = engine_infos()
    if as_json:
        click.echo(json.dumps([asdict(info) for info in found], ensure_ascii=False))
        return
    click.echo("\n\n".join(describe(info) for info in found))


def describe(info: EngineInfo) -> str:
    """Several lines about one engine, without those that it has nothing to say about."""
    if info.fault:
        return f"{info.name}: cannot be used: {info.fault}"
    facts = {
        "weights": info.weights,
        "parameters": f"{info.parameters / 1e6:.1f} million" if info.parameters else "",
        "licence": info.licence,
        "data": info.data,
        "tasks": ", ".join(info.tasks),
        "instruments": ", ".join(name for name in info.instruments if name != "other"),
        "ensembles": ", ".join(info.ensembles),
        "metres": ", ".join(info.metres),
        "measures": f"up to {info.measures} at once" if info.measures else "",
        "parts": f"up to {info.parts} at once" if info.parts else "",
        "refuses": ", ".join(info.refuses),
        "styles": ", ".join(info.styles),
        "composers": "; ".join(info.composers),
    }
    lines = [f"  {name + ':':13}{fact}" for name, fact in facts.items() if fact]
    return "\n".join([f"{info.name}: {info.description}", *lines])
