"""The list of clients (clients.json) and which of them a run takes."""

import json
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Client:
    """One client: its name, the environment that it is installed in, its script, and whether the gate runs it."""

    name: str
    env: str
    script: str
    gate: bool = False


def clients():
    return [Client(**entry) for entry in json.loads((HERE / "clients.json").read_text())["clients"]]


def chosen(everything, only):
    """The clients of a run: those named (a name or its beginning), or all, or the gate's."""
    listed = clients()
    if not only:
        return [client for client in listed if everything or client.gate]
    picked = [client for client in listed if any(client.name.startswith(word) for word in only)]
    unknown = [word for word in only if not any(client.name.startswith(word) for client in listed)]
    if unknown:
        raise SystemExit(f"no such client: {', '.join(unknown)}; there are {', '.join(c.name for c in listed)}")
    return picked
