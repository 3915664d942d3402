"""What a client's script prints, read and summed up: a line per case, `ok FEATURE.CASE [BACKEND]`, `FAIL ...` or
`skip ...`; and the table of all clients at the end."""

import re

LINE = re.compile(r"^(ok|FAIL|skip) +([a-z_]+)\.(\S+) \[(\S+)\]")
FEATURES = ["text", "stream", "tools", "image", "schema", "errors", "more"]


class Results:
    """Counts by client, backend and feature."""

    def __init__(self):
        self.counts = {}

    def add(self, client, line):
        found = LINE.match(line)
        if found:
            state, feature, _, backend = found.groups()
            feature = feature if feature in FEATURES else "more"
            cell = self.counts.setdefault((client, backend), {}).setdefault(feature, {"ok": 0, "FAIL": 0, "skip": 0})
            cell[state] += 1
        return found

    def broken(self, client, what):
        """A script that did not come to its end is one failure more."""
        self.add(client, f"FAIL more.{what} [-]")

    def total(self, state):
        return sum(cell[state] for row in self.counts.values() for cell in row.values())

    def of(self, client):
        cells = [cell for (name, _), row in self.counts.items() if name == client for cell in row.values()]
        return {state: sum(cell[state] for cell in cells) for state in ("ok", "FAIL", "skip")}

    def table(self):
        head = ["client", "upstream", *FEATURES]
        rows = [[name, backend, *(shown(row.get(f)) for f in FEATURES)] for (name, backend), row in self.counts.items()]
        widths = [max(len(line[at]) for line in [head, *rows]) for at in range(len(head))]
        lines = ["  ".join(text.ljust(width) for text, width in zip(line, widths)).rstrip() for line in [head, *rows]]
        return "\n".join(lines)


def shown(cell):
    if cell is None:
        return "-"
    if cell["FAIL"]:
        return f"{cell['FAIL']} FAILED"
    return str(cell["ok"]) if cell["ok"] else "skip"
