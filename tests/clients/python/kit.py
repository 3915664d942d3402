"""What the Python scripts share: where the gateway is, the cases' data (shared/cases.json), and a small runner that
prints a line per case and upstream. It must not know any client."""

import asyncio
import inspect
import json
import os
import sys
import time
import traceback
import urllib.request
from pathlib import Path

GATEWAY = os.environ.get("GATEWAY_URL", "http://127.0.0.1:4000")
KEY = os.environ.get("GATEWAY_KEY", "")
EMULATOR = os.environ.get("EMULATOR_URL", "")
# A real model: only plain text and plain streams make sense, and nobody knows what it says.
MODEL = os.environ.get("MODEL", "")
ENV_FOLDER = Path(os.environ.get("ENV_FOLDER", "."))
SHARED = Path(__file__).resolve().parent.parent / "shared"
DATA = json.loads((SHARED / "cases.json").read_text())
ALL_BACKENDS = list(json.loads((SHARED / "backends.json").read_text())["providers"])
BACKENDS = [b for b in os.environ.get("BACKENDS", "").split(",") if b] or (["real"] if MODEL else ALL_BACKENDS)
WANTED = [c for c in os.environ.get("CASES", "").split(",") if c]

CASES = []
LOOP = asyncio.new_event_loop()


def case(name, only=None, skip=None):
    """Registers a case FEATURE.NAME that takes the backend. `only`: backends it makes sense for; `skip`: a dict of
    backends that it cannot pass on, each with the reason."""

    def register(function):
        CASES.append((name, function, only, skip or {}))
        return function

    return register


def model(backend, alias="on"):
    """The model's name for a backend."""
    return MODEL or f"{alias}-{backend}"


def said(text):
    """What the emulator answers to a text."""
    return DATA["text"]["answer_prefix"] + text


def long_text():
    return " ".join(f"word{n}" for n in range(DATA["text"]["long_words"]))


def key(name):
    """A virtual key by the name in shared/backends.json; `wrong` is none."""
    if name in (None, "main"):
        return KEY
    return os.environ.get(f"GATEWAY_KEY_{name.upper()}", "gw-" + "wrong" * 8)


def function(tool):
    """A tool as chat completions have it, and what copies them."""
    return {
        "type": "function",
        "function": {"name": tool["name"], "description": tool["description"], "parameters": tool["schema"]},
    }


def user(content):
    """A conversation of one message."""
    return [{"role": "user", "content": content}]


def error_cases(call, check, suffix="", names=None):
    """Registers the cases of errors. `call(model, key)` makes the simplest call; `check(error, expected)` looks at what
    it raised, given the case's data; `suffix` tells several such calls of one script apart, `names` picks
    some of them."""
    for expected in DATA["errors"]:
        if names and expected["name"] not in names:
            continue

        def one(backend, expected=expected):
            name = expected["model"].replace("BACKEND", backend)
            raised = None
            try:
                if expected.get("again"):
                    settle(call(name, key(expected.get("key"))))
                answer = settle(call(name, key(expected.get("key"))))
            except Exception as error:  # whatever it is, `check` judges it
                raised = error
            assert raised is not None, f"no error for {expected['name']}: {answer!r}"
            try:
                check(raised, expected)
            except AssertionError as why:
                raise AssertionError(f"{why!r}: {type(raised).__mro__[:3]} {raised!r}") from raised

        CASES.append((f"errors.{expected['name']}{suffix}", one, None, {}))


def settle(answer):
    """The answer itself, also of a coroutine. One loop serves all cases, since clients keep connections that belong to
    one."""
    return LOOP.run_until_complete(answer) if inspect.isawaitable(answer) else answer


def emulator(method, path, body=None):
    """Asks the emulator's control paths."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(EMULATOR + path, data=data, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def fail_next(backend, status=429, times=1):
    """The next calls of the alias `flaky` fail, then all succeed; how it stands is the model's business, so that one
    backend's failures cannot hit another's."""
    emulator("POST", "/emulator/faults", {"model": "flaky-model", "fault": f"status={status};retry-after=0", "times": times})


def last_request():
    """The last request that reached an upstream: method, path, headers, body."""
    return emulator("GET", "/emulator/requests?last=1")["requests"][-1]


def streams_are_closed(seconds=3.0):
    """True once no upstream stream is open: a caller's leaving reached the provider."""
    return eventually(lambda: emulator("GET", "/emulator/stats")["open_streams"] == 0, seconds)


def eventually(condition, seconds=3.0):
    """Polls until the condition holds; False when it does not in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


def http(method, path, body=None, headers=None):
    """A bare request to the gateway, for what no client does on purpose: status, headers, body."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"content-type": "application/json", **(headers or {})}
    request = urllib.request.Request(GATEWAY + path, data=data, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def run():
    """Runs the cases, each against every backend; the exit code says whether all passed."""
    failed = passed = 0
    for name, function, only, skip in CASES:
        if WANTED and not any(word in name for word in WANTED):
            continue
        if MODEL and name not in ("text.plain", "stream.plain"):
            continue
        for backend in BACKENDS:
            if only is not None and backend not in only and backend != "real":
                continue
            if backend in skip:
                print(f"skip  {name} [{backend}] {skip[backend]}", flush=True)
                continue
            start = time.monotonic()
            try:
                settle(function(backend))
                passed += 1
                print(f"ok    {name} [{backend}] {(time.monotonic() - start) * 1000:.0f} ms", flush=True)
            except Exception:  # each case is reported, whatever it raises
                failed += 1
                print(f"FAIL  {name} [{backend}]\n{traceback.format_exc()}", flush=True)
    sys.exit(1 if failed or not passed else 0)
