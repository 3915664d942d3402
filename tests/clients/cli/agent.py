"""How the scripts run a command-line agent: the program of the environment, a home and a project folder of its own, no
terminal, a time limit. Serves the scripts beside it; it must not know any agent."""

import base64
import json
import os
import subprocess
import tempfile
from pathlib import Path

from kit import DATA, ENV_FOLDER

LONGEST_SECONDS = 180
PROGRAMS = ENV_FOLDER / "node_modules/.bin"


class Agent:
    """A place for an agent to run in; `files` of the project are written first."""

    def __init__(self, **files):
        self.folder = tempfile.TemporaryDirectory()
        self.home, self.project = Path(self.folder.name) / "home", Path(self.folder.name) / "project"
        self.home.mkdir()
        self.project.mkdir()
        (self.project / "picture.png").write_bytes(base64.b64decode(DATA["image"]["base64"]))
        (self.project / "schema.json").write_text(json.dumps(DATA["schema"]["schema"]))
        for name, text in files.items():
            (self.project / name).write_text(text)

    def run(self, command, env, stdin=""):
        """Runs it to its end: exit code, stdout, and all it said."""
        inherited = {"PATH": f"{PROGRAMS}:{os.environ['PATH']}", "HOME": str(self.home), "LANG": "C.UTF-8"}
        done = subprocess.run(
            command, cwd=self.project, env={**inherited, **env}, input=stdin, capture_output=True, text=True,
            timeout=LONGEST_SECONDS,
        )
        return done.returncode, done.stdout, done.stdout + done.stderr


def lines_of_json(text):
    """The JSON values of a text that has one a line among others."""
    found = []
    for line in text.splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return [value for value in found if isinstance(value, dict)]
