"""The command ``obbligato``, which is ``python -m bridge`` too."""

from __future__ import annotations

import gc
import sys

from bridge.errors import INTERRUPTED

# Imports and scores make many objects and hardly any garbage: to look for it every 700 objects takes a twentieth
# of the time. The processes that this one starts import this module too.
gc.set_threshold(10_000)


def run() -> None:
    """Run the command; Ctrl-C ends it without a traceback from the first import on."""
    try:
        from bridge.cli import main
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    main(prog_name="obbligato")


if __name__ == "__main__":
    run()
