"""What the Python client tests share: where the gateway is, which backends to go through, and a tiny runner that
prints a line per case and ends with 'N passed, N failed'."""

import json
import os
import sys
import time
import traceback
import urllib.request

GATEWAY = os.environ.get("GATEWAY_URL", "http://127.0.0.1:4000")
KEY = os.environ.get("GATEWAY_KEY", "")
EMULATOR = os.environ.get("EMULATOR_URL")
# Backends are suffixes of model names: on-openai, on-anthropic.
BACKENDS = [b for b in os.environ.get("BACKENDS", "openai,anthropic").split(",") if b]
# With a real model only these cases make sense.
ONLY = [c for c in os.environ.get("ONLY", "").split(",") if c]

# A red pixel.
PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=="
)


def model(backend, prefix="on"):
    """The model's name for a backend; MODEL overrides it (a real model)."""
    return os.environ.get("MODEL") or f"{prefix}-{backend}"


def emulator_stats():
    with urllib.request.urlopen(EMULATOR + "/emulator/stats") as answer:
        return json.load(answer)


def wait_for(condition, seconds=2.0):
    """Polls until the condition holds; False when it does not in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


def expect_error(kind, status, code, call):
    """Runs the call, which must raise `kind` with that status and our code."""
    try:
        call()
    except kind as error:
        assert type(error) is kind, f"{type(error)} is not {kind}"
        assert error.status_code == status, error.status_code
        assert error.response.headers.get("x-gatewright-error") == code, dict(error.response.headers)
        return error
    raise AssertionError(f"{kind.__name__} was not raised")


def run(cases):
    """Runs every case for every backend; the exit code says whether all passed."""
    passed = failed = 0
    for name, case in cases.items():
        if ONLY and name not in ONLY:
            continue
        for backend in BACKENDS:
            try:
                case(backend)
                passed += 1
                print(f"ok    {name} [{backend}]", flush=True)
            except Exception:  # each case is reported, whatever it raises
                failed += 1
                print(f"FAIL  {name} [{backend}]\n{traceback.format_exc()}", flush=True)
    print(f"{passed} passed, {failed} failed", flush=True)
    sys.exit(1 if failed or not passed else 0)
