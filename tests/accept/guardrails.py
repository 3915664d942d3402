#!/usr/bin/env python3
"""Runs public benchmarks of guardrails against a Gatewright binary.

    tests/accept/guardrails.py [--only leaks,fragments,personal-data,injections,models] [--binary target/release/gatewright]

What is measured with is installed at pinned versions into the work folder; the parts then run in that environment. It
ends with 'guardrails: N passed, N failed'. See README.md.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests/clients"))

from harness import install  # noqa: E402
from harness.stack import Stack, key  # noqa: E402
from parts import PARTS, free_port  # noqa: E402

LONGEST_SECONDS = 1200


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help=f"these parts, with commas: {', '.join(PARTS)}")
    parser.add_argument("--binary", type=Path, default=ROOT / "target/release/gatewright")
    parser.add_argument("--work", type=Path, default=ROOT / "target/clients")
    parser.add_argument("--seed", default="", help="personal-data: of other sentences")
    parser.add_argument("--show", action="store_true", help="show what is judged wrong, where rules may be made for it")
    arguments = parser.parse_args()
    work = arguments.work.resolve()
    install.ensure(["guardrails"], work)
    names = [name for name in arguments.only.split(",") if name] or list(PARTS)
    if "models" in names and not {"names", "takeover"} <= local_models().keys():
        raise SystemExit("models: no weights; `cargo xtask check --only weights` installs them")
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        raise SystemExit(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}")
    failed = [name for name in names if not run(name, work, arguments)]
    print(f"guardrails: {len(names) - len(failed)} passed, {len(failed)} failed")
    sys.exit(1 if failed else 0)


def run(name, work, arguments):
    """Runs a part in its environment, with servers of its own."""
    print(f"== {name}", flush=True)
    port = free_port()
    python = work / "guardrails/venv/bin/python"
    with Stack(arguments.binary.resolve(), lambda emulator: configuration(emulator, port)) as stack:
        env = {
            **os.environ,
            **stack.env,
            "CAPTURE_PORT": str(port),
            "MASTER_KEY": key("master"),
            "GUARDED_KEY": key("guarded"),
            "WORK": stack.folder.name,
            "SEED": arguments.seed,
            "SHOW": "1" if arguments.show else "",
        }
        script = [python, Path(__file__).with_name("parts.py"), name]
        done = subprocess.run(script, env=env, stdin=subprocess.DEVNULL, timeout=LONGEST_SECONDS)
    print(f"== {name} {'passed' if done.returncode == 0 else 'FAILED'}", flush=True)
    return done.returncode == 0


def configuration(emulator, port):
    """The gateway's configuration: a provider that writes down what it gets, the emulator, and guardrails."""
    both = {"on": ["request", "response"], "action": "tokenize"}
    return {
        "providers": {
            "capture": {"kind": "openai-compatible", "base_url": f"http://127.0.0.1:{port}/v1", "api_key": "capture"},
            "emulator": {"kind": "openai-compatible", "base_url": f"{emulator}/v1", "api_key": "emulator"},
        },
        "models": {
            "conformance-model": {"targets": [{"provider": "capture", "model": "conformance-model"}]},
            "on-emulator": {"targets": [{"provider": "emulator", "model": "chat"}]},
        },
        "guardrails": {
            "personal-data": {"kind": "pii", **both},
            "secrets": {"kind": "secrets", **both},
            "attacks": {"kind": "injection", "on": ["request"], "action": "block"},
            **local_models(),
        },
        "keys": [
            {"name": "main", "key": key("main"), "models": ["*"], "guardrails": ["personal-data", "secrets"]},
            {"name": "guarded", "key": key("guarded"), "models": ["*"], "guardrails": ["attacks"]},
        ],
    }


def local_models():
    """Guardrails that ask models in the process, where `cargo xtask check --only weights` put any."""
    of = {
        "ner-model": ("names", {"kind": "ner", "action": "tokenize"}),
        "injection-model": ("takeover", {"kind": "classifier", "labels": ["INJECTION"], "action": "flag"}),
    }
    there = {name: ROOT / "target" / name for name in of if (ROOT / "target" / name / "model.safetensors").exists()}
    common = {"on": ["request"], "timeout_ms": 60000}
    return {of[name][0]: {**of[name][1], **common, "model_dir": str(folder)} for name, folder in there.items()}


if __name__ == "__main__":
    main()
