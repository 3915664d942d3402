#!/usr/bin/env python3
"""Runs real clients, unmodified, against a Gatewright binary in front of the emulator.

    tests/clients/run.py [--all | --only NAME,...] [--binary target/release/gatewright] [--work target/clients]
    tests/clients/run.py --url http://127.0.0.1:4000 --key gw-... --model local/model   (a running gateway, a real model)

Without --all or --only it takes the SDKs that the gate runs. What the clients need is installed at pinned versions
into the work folder. It ends with a table and 'clients: N passed, N failed'. See README.md.
"""

import argparse
import json
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness import install, registry
from harness.report import Results
from harness.stack import Stack, configuration

ROOT = registry.HERE.parent.parent
LONGEST_SECONDS = 1800


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", action="store_true", help="frameworks and agents too")
    parser.add_argument("--only", default="", help="these clients: names or how they begin, with commas")
    parser.add_argument("--cases", default="", help="only cases whose name has one of these texts, with commas")
    parser.add_argument("--backends", default="", help="only these upstreams, with commas")
    parser.add_argument("--jobs", type=int, default=2, help="clients at the same time")
    parser.add_argument("--verbose", action="store_true", help="a line for every case")
    parser.add_argument("--binary", type=Path, default=ROOT / "target/release/gatewright")
    parser.add_argument("--work", type=Path, default=ROOT / "target/clients")
    parser.add_argument("--print-config", action="store_true", help="show the gateway's configuration and stop")
    parser.add_argument("--url", help="a running gateway in place of one of our own")
    parser.add_argument("--key", default="", help="its key")
    parser.add_argument("--model", default="", help="its model; only text and streams are tested")
    arguments = parser.parse_args()
    if arguments.print_config:
        print(json.dumps(configuration("http://127.0.0.1:4010"), indent=2))
        return
    work = arguments.work.resolve()
    clients = registry.chosen(arguments.all, [word for word in arguments.only.split(",") if word])
    install.ensure(dict.fromkeys(client.env for client in clients), work)
    results = Results()
    once = threading.Lock()

    def one(client):
        lines, code = run(client, work, arguments)
        with once:
            report(client, lines, code, results, arguments.verbose)

    with ThreadPoolExecutor(max_workers=arguments.jobs) as pool:
        for _ in pool.map(one, clients):
            pass
    print(results.table())
    passed, failed = results.total("ok"), results.total("FAIL")
    print(f"clients: {passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


def run(client, work, arguments):
    """Runs a client's script; its lines and its exit code."""
    command = install.command(client, work)
    env = {
        **os.environ,
        "CASES": arguments.cases,
        "BACKENDS": arguments.backends,
        "PYTHONPATH": str(registry.HERE / "python"),
        "ENV_FOLDER": str(install.folder_of(client, work)),
    }
    if arguments.url:
        url = arguments.url.rstrip("/")
        return finish(command, {**env, "GATEWAY_URL": url, "GATEWAY_KEY": arguments.key, "MODEL": arguments.model})
    with Stack(arguments.binary.resolve()) as stack:
        return finish(command, {**env, **stack.env})


def finish(command, env):
    try:
        done = subprocess.run(
            command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            timeout=LONGEST_SECONDS, encoding="utf-8", errors="replace",
        )
    except subprocess.TimeoutExpired as late:
        text = (late.stdout or b"").decode("utf-8", "replace")
        return [*text.splitlines(), f"it did not end within {LONGEST_SECONDS} s"], -1
    return done.stdout.splitlines(), done.returncode


def report(client, lines, code, results, verbose):
    shown = []
    for line in lines:
        found = results.add(client.name, line)
        # Whatever follows a failure belongs to it.
        if verbose or not found or found[1] == "FAIL":
            shown.append(line)
    counts = results.of(client.name)
    if code and not counts["FAIL"]:
        results.broken(client.name, "script")
        counts = results.of(client.name)
    print(f"== {client.name}: {counts['ok']} passed, {counts['FAIL']} failed, {counts['skip']} skipped")
    print("\n".join(shown), end="\n" if shown else "", flush=True)


if __name__ == "__main__":
    main()
