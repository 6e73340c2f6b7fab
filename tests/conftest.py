"""Settings for all tests: one torch thread, and hypothesis without its clock (machines are noisy)."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

from hypothesis import settings

settings.register_profile("obbligato", deadline=None, derandomize=True)
settings.load_profile("obbligato")
