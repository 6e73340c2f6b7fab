"""schemathesis against the running bridge's own specification.

    python -m benchmarks.bridge.conformance [--examples 200]

Writes benchmarks/results/conformance.md with its summary.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

from benchmarks.bridge.running import bridge
from benchmarks.report import ROOT, write_report

SETTINGS = ROOT / "tests" / "schemathesis.toml"


def run(examples: int) -> tuple[int, str]:
    """Exit status and output."""
    with bridge() as running:
        running.wait_ready()
        command = [Path(sys.executable).with_name("st"), "--config-file", SETTINGS, "run"]
        command += [f"http://127.0.0.1:{running.port}/api/v1/openapi.json"]
        command += ["-H", f"Authorization: Bearer {running.token}", "--max-examples", str(examples)]
        found = subprocess.run(command, capture_output=True, text=True, check=False)
        return found.returncode, found.stdout + found.stderr


def main() -> None:
    parser = argparse.ArgumentParser(description="schemathesis against the running bridge.")
    parser.add_argument("--examples", type=int, default=200)
    arguments = parser.parse_args()
    status, output = run(arguments.examples)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", output).rstrip().splitlines()
    if status:
        print("\n".join(plain))
    start = next((i for i, line in enumerate(plain) if "SUMMARY" in line), max(0, len(plain) - 40))
    command = f"python -m benchmarks.bridge.conformance --examples {arguments.examples}"
    write_report(
        "conformance", "The bridge against its own specification", ["```", *plain[start:], "```"], command
    )
    raise SystemExit(status)


if __name__ == "__main__":
    main()
