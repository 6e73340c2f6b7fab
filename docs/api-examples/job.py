"""A piano part for measures 1-4, with nothing but the standard library.

python job.py BRIDGE_JSON SCORE OUTPUT
"""

import json
import sys
import time
import urllib.request
from pathlib import Path

bridge = json.loads(Path(sys.argv[1]).read_text())


def ask(path, body=None):
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {bridge['token']}", "Content-Type": "application/json"}
    return urllib.request.urlopen(urllib.request.Request(bridge["url"] + path, data, headers))


answer = ask(
    "/api/v1/jobs",
    {
        "task": "accompany",
        "musicxml": Path(sys.argv[2]).read_text(encoding="utf-8"),
        "passage": {"measures": "1-4"},
        "options": {"add": ["piano"], "seed": 7},
    },
)
job = answer.headers["Location"]

while (state := json.load(ask(job)))["state"] in ("queued", "running"):
    print(f"{state['measures_done']} of {state['measures_total']} measures")
    time.sleep(0.2)
if state["state"] != "done":
    sys.exit(f"{state['problem']['detail']}\n{state['problem']['hint']}")

Path(sys.argv[3]).write_bytes(ask(f"{job}/takes/1?format=score").read())
