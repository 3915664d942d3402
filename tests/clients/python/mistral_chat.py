"""Mistral's SDK for Python: chat completions, in OpenAI's format with members of its own."""

import asyncio
import json

from kit import (
    DATA, GATEWAY, KEY, MODEL, case, emulator, error_cases, fail_next, function, last_request, model, run, said,
    streams_are_closed, user,
)
from mistralai.client import Mistral
from mistralai.client.errors import MistralError, SDKError
from mistralai.client.utils import BackoffStrategy, RetryConfig
from pydantic import BaseModel

client = Mistral(api_key=KEY, server_url=GATEWAY)
TEXT, TOOLS, IMAGE, SCHEMA = DATA["text"], DATA["tools"], DATA["image"], DATA["schema"]


WEATHER, CLOCK = function(TOOLS["weather"]), function(TOOLS["clock"])


def ask(backend, messages, alias="on", **more):
    messages = messages if isinstance(messages, list) else user(messages)
    return client.chat.complete(model=model(backend, alias), messages=messages, **more)


def ask_stream(backend, messages, alias="on", **more):
    messages = messages if isinstance(messages, list) else user(messages)
    return client.chat.stream(model=model(backend, alias), messages=messages, **more)


@case("text.plain")
def plain(backend):
    answer = ask(backend, TEXT["plain"], max_tokens=64)
    assert MODEL or answer.choices[0].message.content == said(TEXT["plain"]), answer
    assert answer.choices[0].finish_reason in ("stop", "length") and answer.id and answer.created, answer
    assert answer.usage.prompt_tokens > 0 and answer.usage.completion_tokens > 0, answer.usage


@case("text.roles")
def roles(backend):
    messages = [
        {"role": "system", "content": TEXT["system"]},
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": "two"},
        {"role": "user", "content": [{"type": "text", "text": TEXT["unicode"]}]},
    ]
    assert ask(backend, messages).choices[0].message.content == said(TEXT["unicode"])
    assert TEXT["system"] in json.dumps(last_request()["body"])


@case("text.own_members", skip={"openai": "goes on as it is", "responses": "the same"})
def own_members(backend):
    """What only Mistral's own models know is named as left out, or refused in so many words."""
    try:
        answer = ask(backend, TEXT["plain"], random_seed=7, safe_prompt=True)
    except MistralError as error:
        assert json.loads(error.body)["error"]["code"] == "unsupported_parameter", error.body
        return
    assert answer.choices[0].message.content == said(TEXT["plain"])


@case("text.length")
def length(backend):
    assert ask(backend, TEXT["short"]["user"], max_tokens=16).choices[0].finish_reason == "length"


@case("text.concurrent")
async def concurrent(backend):
    async with Mistral(api_key=KEY, server_url=GATEWAY) as many:
        async def one(n):
            answer = await many.chat.complete_async(model=model(backend), messages=user(f"number {n}"))
            assert answer.choices[0].message.content == said(f"number {n}")

        async def streamed(n):
            text = ""
            async for event in await many.chat.stream_async(model=model(backend), messages=user(f"stream {n}")):
                text += event.data.choices[0].delta.content or ""
            assert text == said(f"stream {n}"), text

        await asyncio.gather(*(f(n) for n in range(8) for f in (one, streamed)))


@case("stream.plain")
def stream(backend):
    pieces, finish = [], None
    with ask_stream(backend, TEXT["plain"], max_tokens=64) as events:
        for event in events:
            # Older majors fail on a chunk without choices.
            choice = event.data.choices[0]
            pieces.append(choice.delta.content or "")
            finish = choice.finish_reason or finish
    assert MODEL or "".join(pieces) == said(TEXT["plain"]), pieces
    assert finish in ("stop", "length"), finish


@case("stream.cut")
def cut(backend):
    for alias in ("cut", "failing-stream"):
        finish = None
        try:
            with ask_stream(backend, "hi there", alias, max_tokens=64) as events:
                for event in events:
                    finish = event.data.choices[0].finish_reason or finish
        except Exception:  # an event that is no chunk has no class of the SDK's own
            continue
        assert finish is None, f"{alias}: it ended cleanly"


@case("stream.cancel")
def cancel(backend):
    with ask_stream(backend, "Tell a long story " * 20, "slow", max_tokens=4000) as events:
        for count, _ in enumerate(events):
            if count == 4:
                break
    assert streams_are_closed(), emulator("GET", "/emulator/stats")


@case("tools.round_trip")
def tools(backend):
    messages = user(TOOLS["one"])
    first = ask(backend, messages, tools=[WEATHER], tool_choice="auto")
    assert first.choices[0].finish_reason == "tool_calls", first
    call = first.choices[0].message.tool_calls[0]
    assert call.function.name == "get_weather", call
    assert json.loads(call.function.arguments) == {"city": TOOLS["city"]}, call
    messages += [
        first.choices[0].message,
        {"role": "tool", "name": "get_weather", "tool_call_id": call.id, "content": TOOLS["result"]},
    ]
    second = ask(backend, messages, tools=[WEATHER])
    assert second.choices[0].message.content == TOOLS["final"], second


@case("tools.parallel")
def parallel(backend):
    # Whole only: this SDK refuses streams whose calls come in pieces, as OpenAI's format has them.
    messages = user(TOOLS["parallel"])
    first = ask(backend, messages, tools=[WEATHER, CLOCK], parallel_tool_calls=True)
    calls = first.choices[0].message.tool_calls
    assert [c.function.name for c in calls] == ["get_weather", "get_time"], calls
    messages.append(first.choices[0].message)
    messages += [{"role": "tool", "tool_call_id": c.id, "content": f"of {c.function.name}"} for c in calls]
    with ask_stream(backend, messages, tools=[WEATHER, CLOCK]) as events:
        text = "".join(event.data.choices[0].delta.content or "" for event in events)
    assert "of get_weather" in text and "of get_time" in text, text


@case("tools.forced")
def forced(backend):
    # Mistral's own word for it goes on as it is where the upstream has the same format.
    for choice in ("required",) if backend == "openai" else ("any", "required"):
        assert ask(backend, "hello", tools=[WEATHER], tool_choice=choice).choices[0].message.tool_calls, choice


@case("image.inline")
def image(backend):
    url = f"data:{IMAGE['media_type']};base64,{IMAGE['base64']}"
    # Mistral's own form: the URL as a text, not an object.
    for reference in ({"url": url},) if backend == "openai" else (url, {"url": url}):
        content = [{"type": "text", "text": IMAGE["user"]}, {"type": "image_url", "image_url": reference}]
        assert ask(backend, user(content)).choices[0].message.content == IMAGE["answer"], reference


class Person(BaseModel):
    name: str
    age: int
    tags: list[str]


@case("schema.parsed")
def schema(backend):
    answer = client.chat.parse(response_format=Person, model=model(backend), messages=user(SCHEMA["user"]))
    assert answer.choices[0].message.parsed == Person(**SCHEMA["answer"]), answer


def check(error, expected):
    assert type(error) is SDKError, type(error)
    assert error.status_code == expected["status"], error.status_code
    assert error.headers["x-gatewright-error"] == expected["code"], error.headers
    assert json.loads(error.body)["error"]["message"], error.body


error_cases(
    lambda name, key: Mistral(api_key=key, server_url=GATEWAY).chat.complete(model=name, messages=user("hi")), check
)


@case("errors.retried")
def retried(backend):
    fail_next(backend)
    patience = RetryConfig("backoff", BackoffStrategy(10, 100, 1.5, 5000), True)
    answer = client.chat.complete(model=model(backend, "flaky"), messages=user("hi"), retries=patience)
    assert answer.choices[0].message.content == said("hi")


run()
