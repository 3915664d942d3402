"""opencode, headless, over chat completions by the AI SDK's openai-compatible provider."""

import json

from agent import Agent, lines_of_json
from kit import DATA, GATEWAY, KEY, case, error_cases, model, run

TEXT, TOOLS = DATA["text"], DATA["tools"]


def opencode(name, *arguments, key=KEY):
    config = {
        "$schema": "https://opencode.ai/config.json",
        "autoupdate": False,
        "share": "disabled",
        "permission": "allow",
        "provider": {
            "gw": {
                "npm": "@ai-sdk/openai-compatible",
                "name": "gw",
                "options": {"baseURL": GATEWAY + "/v1", "apiKey": key},
                "models": {name: {"name": name, "attachment": True, "modalities": {"input": ["text", "image"], "output": ["text"]}}},
            }
        },
        "model": f"gw/{name}",
        "small_model": f"gw/{name}",
    }
    agent = Agent(**{"opencode.json": json.dumps(config)})
    return agent.run(["opencode", "run", "--format", "json", "--model", f"gw/{name}", *arguments], {})


def text_of(out):
    return "".join(event["part"]["text"] for event in lines_of_json(out) if event.get("type") == "text")


@case("text.plain")
def plain(backend):
    code, out, everything = opencode(model(backend, "talking"), "Say 你好 hello")
    assert code == 0 and "你好 hello" in text_of(out), everything


@case("tools.round_trip")
def tools(backend):
    code, out, everything = opencode(model(backend), "Call bash")
    assert code == 0 and "The tool returned:" in text_of(out), everything


def call(name, key):
    code, out, everything = opencode(name, "hi", key=key)
    failed = [event for event in lines_of_json(out) if event.get("type") == "error"]
    if not failed:
        return everything
    raise RuntimeError(json.dumps(failed[0]))


def check(error, expected):
    assert str(expected["status"]) in str(error), error


# It tries again without end on what may pass.
error_cases(call, check, names=["authentication", "not_found", "forbidden", "bad_request"])

run()
