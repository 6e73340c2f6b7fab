"""The history: every take with its request, seed, engine version and result, in one small SQLite file."""

from __future__ import annotations

from bridge.takes.history import History, NewTake, TakeRecord, history_path

__all__ = ["History", "NewTake", "TakeRecord", "history_path"]
