"""A gateway in front of an emulator, fresh for each client. Unless somebody brings another, the configuration comes from
shared/backends.json: for every alias and every provider a model ALIAS-PROVIDER, and the keys."""

import json
import os
import re
import subprocess
import tempfile
from pathlib import Path

from .registry import HERE

BACKENDS = json.loads((HERE / "shared/backends.json").read_text())


def key(name):
    """The virtual key of that name; long enough to be taken, and the same in every run."""
    return "gw-" + (f"{name}ClientTests" * 5)[:43]


def configuration(emulator_url):
    """The gateway's configuration; JSON is YAML too."""
    providers = {
        f"up-{name}": {k: v.replace("EMULATOR", emulator_url) for k, v in provider.items()}
        for name, provider in BACKENDS["providers"].items()
    }
    models = {}
    for alias, facts in BACKENDS["aliases"].items():
        for provider in BACKENDS["providers"]:
            models[f"{alias}-{provider}"] = model(f"up-{provider}", facts)
    for name, facts in BACKENDS["models"].items():
        models[name] = model(f"up-{facts['provider']}", facts)
    allowed = [f"{alias}-*" for alias in BACKENDS["aliases"]] + ["up-*", "nothing"]
    allowed += [name for name in BACKENDS["models"] if name != "forbidden"]
    keys = [{"name": name, "key": key(name), "models": allowed, **facts} for name, facts in BACKENDS["keys"].items()]
    return {"providers": providers, "models": models, "keys": keys}


def model(provider, facts):
    target = {"provider": provider, "model": facts["model"]}
    if "prices" in facts:
        target["prices"] = facts["prices"]
    out = {"targets": [target]}
    if "attempts" in facts:
        out["retry"] = {"attempts": facts["attempts"]}
    if "first_byte_ms" in facts:
        out["timeout"] = {"first_byte_ms": facts["first_byte_ms"]}
    return out


class Stack:
    """The two servers, for a `with`; `env` is what a client's script needs to know of them."""

    def __init__(self, binary, configure=configuration):
        self.binary = binary
        self.configure = configure
        self.processes = []
        self.folder = None
        self.env = {}

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        try:
            emulator = self.start(["emulate", "--listen", "127.0.0.1:0"])
            config = Path(self.folder.name) / "gatewright.yaml"
            config.write_text(json.dumps(self.configure(emulator), indent=1))
            data = Path(self.folder.name) / "data"
            gateway = self.start(
                ["serve", "--workers", "1", "--config", config, "--listen", "127.0.0.1:0", "--data-dir", data],
            )
        except BaseException:
            self.__exit__()
            raise
        self.env = {"GATEWAY_URL": gateway, "EMULATOR_URL": emulator}
        for name in BACKENDS["keys"]:
            self.env["GATEWAY_KEY" if name == "main" else f"GATEWAY_KEY_{name.upper()}"] = key(name)
        return self

    def start(self, arguments):
        """Starts the binary; its first line on stdout says where it listens."""
        log = open(Path(self.folder.name) / "stderr.log", "a")
        process = subprocess.Popen(
            [self.binary, *arguments],
            stdout=subprocess.PIPE, stderr=log, env={**os.environ, "GATEWRIGHT_MASTER_KEY": key("master")}, text=True,
        )
        self.processes.append(process)
        line = process.stdout.readline()
        found = re.search(r"https?://\S+", line)
        if not found:
            raise SystemExit(f"{arguments[0]} did not start: {line!r}\n{self.log()}")
        return found.group().rstrip("/.")

    def log(self):
        return (Path(self.folder.name) / "stderr.log").read_text()

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
        self.folder.cleanup()
