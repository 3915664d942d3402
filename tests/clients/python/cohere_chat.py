"""Cohere's SDK for Python: chat of version 2."""

import asyncio
import json

import cohere
from cohere.core.api_error import ApiError
from kit import (
    DATA, GATEWAY, KEY, MODEL, case, emulator, error_cases, fail_next, function, last_request, long_text, model,
    run, said, streams_are_closed, user,
)

client = cohere.ClientV2(api_key=KEY, base_url=GATEWAY)
TEXT, TOOLS, IMAGE, SCHEMA = DATA["text"], DATA["tools"], DATA["image"], DATA["schema"]
ONCE = {"max_retries": 0}


WEATHER, CLOCK = function(TOOLS["weather"]), function(TOOLS["clock"])


def ask(backend, messages, alias="on", **more):
    messages = messages if isinstance(messages, list) else user(messages)
    return client.chat(model=model(backend, alias), messages=messages, request_options=ONCE, **more)


def ask_stream(backend, messages, alias="on", **more):
    messages = messages if isinstance(messages, list) else user(messages)
    return client.chat_stream(model=model(backend, alias), messages=messages, request_options=ONCE, **more)


def text_of(answer):
    return "".join(part.text for part in answer.message.content or [] if part.type == "text")


@case("text.plain")
def plain(backend):
    answer = ask(backend, TEXT["plain"], max_tokens=64)
    assert answer.id and answer.message.role == "assistant", answer
    assert MODEL or text_of(answer) == said(TEXT["plain"]), answer
    assert answer.finish_reason in ("COMPLETE", "MAX_TOKENS"), answer
    assert answer.usage.tokens.input_tokens > 0 and answer.usage.tokens.output_tokens > 0, answer.usage
    assert answer.usage.billed_units.input_tokens > 0 and answer.usage.billed_units.output_tokens > 0, answer.usage


@case("text.roles")
def roles(backend):
    messages = [
        {"role": "system", "content": TEXT["system"]},
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": "two"},
        {"role": "user", "content": [{"type": "text", "text": TEXT["unicode"]}]},
    ]
    assert text_of(ask(backend, messages)) == said(TEXT["unicode"])
    assert TEXT["system"] in json.dumps(last_request()["body"])


@case("text.long")
def long(backend):
    assert long_text()[:3000] in text_of(ask(backend, long_text()))


@case("text.stop")
def stop(backend):
    if backend == "responses":  # it has none
        return
    answer = ask(backend, TEXT["stop"]["user"], stop_sequences=[TEXT["stop"]["sequence"]])
    assert text_of(answer).rstrip() == TEXT["stop"]["answer"].rstrip(), answer


@case("text.length")
def length(backend):
    answer = ask(backend, TEXT["short"]["user"], max_tokens=16)
    assert answer.finish_reason == "MAX_TOKENS", answer


@case("text.sampling")
def sampling(backend):
    answer = ask(backend, TEXT["plain"], temperature=0.3, p=0.9, k=5, seed=7)
    assert text_of(answer) == said(TEXT["plain"]), answer


@case("text.thinking")
def thinking(backend):
    answer = ask(backend, TEXT["plain"], max_tokens=4000, thinking={"type": "enabled", "token_budget": 1024})
    assert text_of(answer) == said(TEXT["plain"]), answer


@case("text.concurrent")
async def concurrent(backend):
    many = cohere.AsyncClientV2(api_key=KEY, base_url=GATEWAY)

    async def one(n):
        assert text_of(await many.chat(model=model(backend), messages=user(f"number {n}"))) == said(f"number {n}")

    async def streamed(n):
        text = ""
        async for event in many.chat_stream(model=model(backend), messages=user(f"stream {n}")):
            text += event.delta.message.content.text if event.type == "content-delta" else ""
        assert text == said(f"stream {n}"), text

    await asyncio.gather(*(f(n) for n in range(8) for f in (one, streamed)))


@case("stream.plain")
def stream(backend):
    events = list(ask_stream(backend, TEXT["plain"], max_tokens=64))
    kinds = [event.type for event in events]
    assert kinds[0] == "message-start" and kinds[-1] == "message-end" and events[0].id, kinds
    assert kinds[1] == "content-start" and kinds[-2] == "content-end", kinds
    text = "".join(event.delta.message.content.text for event in events if event.type == "content-delta")
    assert MODEL or text == said(TEXT["plain"]), text
    end = events[-1].delta
    assert end.finish_reason in ("COMPLETE", "MAX_TOKENS") and end.usage.tokens.output_tokens > 0, end


@case("stream.cut")
def cut(backend):
    for alias in ("cut", "failing-stream"):
        last = None
        try:
            for last in ask_stream(backend, "hi there", alias, max_tokens=64):
                pass
        except Exception:  # a broken connection has no class of the SDK's own
            continue
        assert last.type == "message-end" and last.delta.finish_reason == "ERROR", f"{alias}: it ended with {last}"
        assert last.delta.error, last


@case("stream.cancel")
def cancel(backend):
    stream = ask_stream(backend, "Tell a long story " * 20, "slow", max_tokens=4000)
    for count, _ in enumerate(stream):
        if count == 4:
            break
    stream.close()
    assert streams_are_closed(), emulator("GET", "/emulator/stats")


@case("tools.round_trip")
def tools(backend):
    messages = user(TOOLS["one"])
    first = ask(backend, messages, tools=[WEATHER])
    assert first.finish_reason == "TOOL_CALL", first
    call = first.message.tool_calls[0]
    assert call.function.name == "get_weather" and call.id, call
    assert json.loads(call.function.arguments) == {"city": TOOLS["city"]}, call
    messages += [
        {"role": "assistant", "tool_calls": first.message.tool_calls, "tool_plan": first.message.tool_plan or "I will look."},
        {"role": "tool", "tool_call_id": call.id, "content": [
            {"type": "document", "document": {"data": json.dumps({"weather": "sunny"})}}]},
    ]
    second = ask(backend, messages, tools=[WEATHER])
    assert "sunny" in text_of(second) and second.finish_reason == "COMPLETE", second
    messages[-1] = {"role": "tool", "tool_call_id": call.id, "content": TOOLS["result"]}
    assert text_of(ask(backend, messages, tools=[WEATHER])) == TOOLS["final"]


@case("tools.streamed")
def streamed(backend):
    calls, finish = {}, None
    for event in ask_stream(backend, TOOLS["parallel"], tools=[WEATHER, CLOCK]):
        if event.type == "tool-call-start":
            started = event.delta.message.tool_calls
            calls[event.index] = {"id": started.id, "name": started.function.name, "arguments": started.function.arguments or ""}
        if event.type == "tool-call-delta":
            calls[event.index]["arguments"] += event.delta.message.tool_calls.function.arguments
        if event.type == "message-end":
            finish = event.delta.finish_reason
    assert finish == "TOOL_CALL", finish
    made = [calls[n] for n in sorted(calls)]
    assert [c["name"] for c in made] == ["get_weather", "get_time"] and len({c["id"] for c in made}) == 2, made
    assert [json.loads(c["arguments"] or "{}") for c in made] == [{"city": TOOLS["city"]}, {}], made
    messages = [
        *user(TOOLS["parallel"]),
        {"role": "assistant", "tool_calls": [
            {"id": c["id"], "type": "function", "function": {"name": c["name"], "arguments": c["arguments"] or "{}"}}
            for c in made]},
        *[{"role": "tool", "tool_call_id": c["id"], "content": "fine"} for c in made],
    ]
    text = "".join(
        e.delta.message.content.text for e in ask_stream(backend, messages, tools=[WEATHER, CLOCK]) if e.type == "content-delta"
    )
    assert "fine" in text, text


@case("tools.forced")
def forced(backend):
    assert ask(backend, "hello", tools=[WEATHER], tool_choice="REQUIRED").message.tool_calls
    assert not ask(backend, "hello", tools=[WEATHER], tool_choice="NONE").message.tool_calls


@case("image.inline")
def image(backend):
    url = f"data:{IMAGE['media_type']};base64,{IMAGE['base64']}"
    content = [{"type": "text", "text": IMAGE["user"]}, {"type": "image_url", "image_url": {"url": url}}]
    assert text_of(ask(backend, user(content))) == IMAGE["answer"]


@case("schema.json_schema")
def schema(backend):
    form = {"type": "json_object", "json_schema": SCHEMA["schema"]}
    answer = ask(backend, SCHEMA["user"], response_format=form)
    assert json.loads(text_of(answer)) == SCHEMA["answer"], answer


KINDS = {
    400: cohere.BadRequestError, 401: cohere.UnauthorizedError, 402: ApiError, 403: cohere.ForbiddenError,
    404: cohere.NotFoundError, 429: cohere.TooManyRequestsError, 502: ApiError, 504: cohere.GatewayTimeoutError,
}


def check(error, expected):
    assert type(error) is KINDS[expected["status"]], type(error)
    assert error.status_code == expected["status"], error.status_code
    assert error.headers["x-gatewright-error"] == expected["code"], error.headers
    message = error.body["message"] if isinstance(error.body, dict) else error.body.message
    assert message, error.body


error_cases(
    lambda name, key: cohere.ClientV2(api_key=key, base_url=GATEWAY).chat(
        model=name, messages=user("hi"), request_options=ONCE),
    check,
)


@case("errors.retried")
def retried(backend):
    fail_next(backend)
    answer = client.chat(model=model(backend, "flaky"), messages=user("hi"), request_options={"max_retries": 1})
    assert text_of(answer) == said("hi")


run()
