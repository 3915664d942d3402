"""Environments of pinned packages, one folder each in the work folder: a virtual environment for envs/NAME.txt, a
node_modules folder for envs/NAME.json. Made once, and again when the pins change; then the versions that were
installed are compared with the pins, since installers fall back to older ones without failing."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from .registry import HERE

ENVS = HERE / "envs"


def ensure(names, work):
    """Installs what is missing; ends the run when a version is not the pinned one."""
    for name in names:
        pins = [path for path in (ENVS / f"{name}.txt", ENVS / f"{name}.json") if path.exists()]
        wanted = "".join(path.read_text() for path in pins)
        folder = work / name
        stamp = folder / "installed"
        if not stamp.exists() or stamp.read_text() != wanted:
            print(f"installing {name}", flush=True)
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            for path in pins:
                (python_packages if path.suffix == ".txt" else node_packages)(path, folder)
            stamp.write_text(wanted)


def python_packages(pins, folder):
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    python = folder / "venv/bin/python"
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "-r", pins], check=True)
    found = subprocess.run(
        [python, "-m", "pip", "list", "--format", "json", "--disable-pip-version-check"],
        check=True, capture_output=True, text=True,
    )
    versions = {p["name"].lower().replace("_", "-"): p["version"] for p in json.loads(found.stdout)}
    for line in pins.read_text().split():
        name, version = line.split("==")
        compare(name, version, versions.get(name.split("[")[0].lower()))


def node_packages(pins, folder):
    shutil.copy(pins, folder / "package.json")
    command = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"]
    subprocess.run(command, cwd=folder, check=True)
    for name, version in json.loads(pins.read_text())["dependencies"].items():
        manifest = json.loads((folder / "node_modules" / name / "package.json").read_text())
        compare(name, version, manifest["version"])


def compare(name, pinned, found):
    if found != pinned:
        raise SystemExit(f"{name} {pinned} is pinned, {found} was installed")


def command(client, work):
    """What runs a client's script."""
    folder = work / client.env
    script = HERE / client.script
    if script.suffix == ".mjs":
        # Node looks for packages from the script's folder upwards, so that the scripts go where the packages are.
        for name in ("node", "shared"):
            shutil.copytree(HERE / name, folder / name, dirs_exist_ok=True)
        return ["node", str(folder / client.script)]
    venv = folder / "venv/bin/python"
    return [str(venv) if venv.exists() else sys.executable, str(script)]


def folder_of(client, work) -> Path:
    return work / client.env
