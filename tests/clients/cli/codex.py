"""Codex CLI, headless: responses only, tools of all kinds, JSON in headers."""

import json

from agent import Agent, lines_of_json
from kit import DATA, GATEWAY, KEY, case, error_cases, fail_next, model, run

TEXT, TOOLS, IMAGE, SCHEMA = DATA["text"], DATA["tools"], DATA["image"], DATA["schema"]
CONFIG = """
model_provider = "gw"
[model_providers.gw]
name = "gw"
base_url = "{url}/v1"
env_key = "GATEWAY_KEY"
wire_api = "responses"
request_max_retries = {retries}
stream_max_retries = 0
"""


def codex(name, *arguments, key=KEY, retries=0):
    agent = Agent()
    home = agent.home / "codex"
    home.mkdir()
    (home / "config.toml").write_text(CONFIG.format(url=GATEWAY, retries=retries))
    command = ["codex", "exec", "--json", "--skip-git-repo-check", "--sandbox", "read-only", "-m", name, *arguments]
    return agent.run(command, {"CODEX_HOME": str(home), "GATEWAY_KEY": key})


def texts(out):
    items = [event["item"] for event in lines_of_json(out) if event.get("type") == "item.completed"]
    return [item["text"] for item in items if item["type"] == "agent_message"]


@case("text.plain")
def plain(backend):
    code, out, everything = codex(model(backend, "talking"), TEXT["unicode"].replace("\u2028", " "))
    assert code == 0 and "你好 👩‍👩‍👧" in texts(out)[-1], everything
    usage = next(event for event in lines_of_json(out) if event.get("type") == "turn.completed")["usage"]
    assert usage["input_tokens"] > 0 and usage["output_tokens"] > 0, usage


@case("stream.cut")
def cut(backend):
    for alias in ("cut", "failing-stream"):
        code, out, everything = codex(model(backend, alias), "hi there")
        assert code != 0 and any(e.get("type") == "turn.failed" for e in lines_of_json(out)), everything


@case("stream.plain")
def stream(backend):
    """Codex streams always; a slow stream of many frames comes whole."""
    code, out, everything = codex(model(backend, "slow"), "Call nothing")
    assert code == 0, everything


@case("tools.round_trip")
def tools(backend):
    code, out, everything = codex(model(backend), "Call exec_command")
    assert code == 0 and texts(out)[-1].startswith("The tool returned:"), everything


@case("tools.parallel")
def parallel(backend):
    code, out, everything = codex(model(backend), "Call exec_command and get_goal")
    assert code == 0 and texts(out)[-1].startswith("The tool returned:"), everything


@case("image.inline")
def image(backend):
    code, out, everything = codex(model(backend, "talking"), "-i", "picture.png", "--", IMAGE["user"])
    assert code == 0 and "I see 1 image (image/png)" in texts(out)[-1], everything


@case("schema.output")
def schema(backend):
    code, out, everything = codex(model(backend, "talking"), "--output-schema", "schema.json", SCHEMA["user"])
    assert code == 0 and json.loads(texts(out)[-1]) == SCHEMA["answer"], everything


def call(name, key):
    code, out, everything = codex(name, "hi", key=key)
    failed = [event for event in lines_of_json(out) if event.get("type") == "turn.failed"]
    if code == 0 or not failed:
        return everything
    raise RuntimeError(failed[0]["error"]["message"])


def check(error, expected):
    text = str(error)
    # It has words of its own for some; else the status stands there.
    own = {429: "limit", 402: "budget", 502: "upstream", 504: "time", 404: "there is no model"}.get(expected["status"], "")
    assert str(expected["status"]) in text or (own and own in text.lower()), text


error_cases(call, check)


@case("errors.retried")
def retried(backend):
    fail_next(backend, 503)
    code, out, everything = codex(model(backend, "flaky"), "hi", retries=2)
    assert code == 0, everything


run()
