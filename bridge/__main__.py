"""The command ``obbligato``, which is ``python -m bridge`` too."""

from __future__ import annotations

import sys

from bridge.errors import INTERRUPTED


def run() -> None:
    """Run the command; Ctrl-C ends it without a traceback from the first import on."""
    try:
        from bridge.cli import main
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    main(prog_name="obbligato")


if __name__ == "__main__":
    run()
