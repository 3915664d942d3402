#!/usr/bin/env python3
"""Runs the official SDKs against a Gatewright binary in front of the emulator.

    tests/clients/run.py [--binary target/release/gatewright] [--work target/clients]
    tests/clients/run.py --url http://127.0.0.1:4000 --key gw-... --model local/model   (a running gateway, a real model)

It makes a virtual environment and a node_modules folder of pinned versions in the work folder, starts the emulator
and the gateway on free ports, runs every script, and ends with 'N passed, N failed'.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
KEY = "gw-clientTestsClientTestsClientTestsClientTests"


def install(work):
    """Pinned SDKs, installed once and again when the pins change."""
    work.mkdir(parents=True, exist_ok=True)
    for name, make in (("requirements.txt", python_sdks), ("package.json", node_sdks)):
        stamp = work / (name + ".installed")
        wanted = (HERE / name).read_text()
        if not stamp.exists() or stamp.read_text() != wanted:
            make(work)
            stamp.write_text(wanted)


def python_sdks(work):
    shutil.rmtree(work / "venv", ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", work / "venv"], check=True)
    subprocess.run(
        [work / "venv/bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", HERE / "requirements.txt"],
        check=True,
    )


def node_sdks(work):
    folder = work / "node"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    shutil.copy(HERE / "package.json", folder)
    subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--loglevel=error"], cwd=folder, check=True)


def start(command, env=None):
    """Starts a server; its first line on stdout says where it is."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, **(env or {})}, text=True)
    line = process.stdout.readline()
    found = re.search(r"https?://\S+", line)
    if not found:
        process.kill()
        sys.exit(f"{command[0]} did not start: {line!r}")
    return process, found.group().rstrip("/.")


def scripts(work, env):
    """Runs every script; sums up what they say of themselves."""
    # Node finds packages from the script's folder upwards.
    shutil.copy(HERE / "openai_node.mjs", work / "node")
    python = str(work / "venv/bin/python")
    commands = {
        "openai (Python)": [python, str(HERE / "openai_python.py")],
        "anthropic (Python)": [python, str(HERE / "anthropic_python.py")],
        "openai (Node)": ["node", str(work / "node/openai_node.mjs")],
    }
    passed = failed = 0
    for name, command in commands.items():
        print(f"== {name}", flush=True)
        done = subprocess.run(command, env={**os.environ, **env}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)
        print(done.stdout, end="", flush=True)
        closing = re.search(r"(\d+) passed, (\d+) failed\s*$", done.stdout)
        passed += int(closing[1]) if closing else 0
        failed += int(closing[2]) if closing else 1
        if done.returncode and closing and closing[2] == "0":
            failed += 1
    return passed, failed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=Path, default=ROOT / "target/release/gatewright")
    parser.add_argument("--work", type=Path, default=ROOT / "target/clients")
    parser.add_argument("--url", help="a running gateway in place of one of our own")
    parser.add_argument("--key", help="its key")
    parser.add_argument("--model", help="its model; only text and streams are tested")
    arguments = parser.parse_args()
    work = arguments.work.resolve()
    install(work)
    if arguments.url:
        env = {"GATEWAY_URL": arguments.url, "GATEWAY_KEY": arguments.key or "", "MODEL": arguments.model or "", "BACKENDS": "openai"}
        passed, failed = scripts(work, env)
    else:
        passed, failed = against_emulator(arguments.binary.resolve(), work)
    print(f"clients: {passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


def against_emulator(binary, work):
    processes = []
    with tempfile.TemporaryDirectory() as data:
        try:
            emulator, emulator_url = start([binary, "emulate", "--listen", "127.0.0.1:0"])
            processes.append(emulator)
            gateway, gateway_url = start(
                [binary, "serve", "--config", HERE / "gateway.yaml", "--listen", "127.0.0.1:0", "--data-dir", data],
                {"EMULATOR": emulator_url, "CLIENT_KEY": KEY},
            )
            processes.append(gateway)
            return scripts(work, {"GATEWAY_URL": gateway_url, "GATEWAY_KEY": KEY, "EMULATOR_URL": emulator_url})
        finally:
            for process in reversed(processes):
                process.terminate()
                process.wait(timeout=30)


if __name__ == "__main__":
    main()
