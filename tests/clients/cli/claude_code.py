"""Claude Code, headless: dozens of tools, thinking, context management, beta paths and system messages in the midst."""

import json

from agent import Agent, lines_of_json
from kit import DATA, GATEWAY, KEY, case, error_cases, http, model, run

TEXT, TOOLS, IMAGE, SCHEMA = DATA["text"], DATA["tools"], DATA["image"], DATA["schema"]


def claude(name, *arguments, key=KEY, stdin=""):
    env = {
        "ANTHROPIC_BASE_URL": GATEWAY,
        "ANTHROPIC_AUTH_TOKEN": key,
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "CLAUDE_CODE_MAX_RETRIES": "0",
        "DISABLE_AUTOUPDATER": "1",
    }
    return Agent().run(["claude", "-p", "--model", name, "--verbose", "--output-format", "stream-json", *arguments], env, stdin)


def result_of(out):
    return next(event for event in reversed(lines_of_json(out)) if event.get("type") == "result")


@case("text.plain")
def plain(backend):
    code, out, everything = claude(model(backend, "talking"), TEXT["unicode"].replace("\u2028", " "))
    result = result_of(out)
    assert code == 0 and not result["is_error"], everything
    assert "你好 👩‍👩‍👧" in result["result"], result
    assert result["usage"]["input_tokens"] > 0 and result["usage"]["output_tokens"] > 0, result


@case("text.look")
def look(backend):
    """It asks whether anybody is at home before it calls."""
    status, _, body = http("HEAD", "/")
    assert status == 200 and body == b"", status


@case("stream.plain")
def stream(backend):
    _, out, everything = claude(model(backend, "talking"), TEXT["plain"], "--include-partial-messages")
    deltas = [e["event"]["delta"] for e in lines_of_json(out) if e.get("type") == "stream_event" and "delta" in e["event"]]
    text = "".join(delta.get("text", "") for delta in deltas)
    assert len(deltas) > 2 and TEXT["plain"] in text, everything


@case("tools.round_trip")
def tools(backend):
    code, out, everything = claude(model(backend), "Use Bash", "--allowedTools", "Bash")
    result = result_of(out)
    assert code == 0 and result["num_turns"] == 2, everything
    # The emulator's command is no program: that is the tool's result.
    assert result["result"].startswith("The tool returned:") and "sample" in result["result"], result


@case("image.inline")
def image(backend):
    source = {"type": "base64", "media_type": IMAGE["media_type"], "data": IMAGE["base64"]}
    content = [{"type": "image", "source": source}, {"type": "text", "text": IMAGE["user"]}]
    message = json.dumps({"type": "user", "message": {"role": "user", "content": content}}) + "\n"
    _, out, everything = claude(model(backend, "talking"), "--input-format", "stream-json", stdin=message)
    assert "I see 1 image (image/png)" in result_of(out)["result"], everything


@case("schema.output")
def schema(backend):
    """It has a tool for it, which the model calls."""
    code, out, everything = claude(model(backend), "Call StructuredOutput", "--json-schema", json.dumps(SCHEMA["schema"]))
    result = result_of(out)
    assert result.get("structured_output") == SCHEMA["answer"], everything


def call(name, key):
    code, out, everything = claude(name, "hi", key=key)
    result = result_of(out)
    if not result["is_error"]:
        return result
    raise RuntimeError(json.dumps(result))


def check(error, expected):
    result = json.loads(str(error))
    # It says a status in a field of its own, or in its words.
    assert result["api_error_status"] == expected["status"] or str(expected["status"]) in result["result"], result


error_cases(call, check)

run()
