"""The official Anthropic SDK for Python, under both versions of the API: its own, and 2023-06-01 by header."""

import asyncio
import json

import anthropic
from kit import (
    DATA, GATEWAY, KEY, MODEL, case, emulator, error_cases, fail_next, last_request, long_text, model, run,
    said, streams_are_closed, user,
)

NEW, OLD = "2026-10-21", "2023-06-01"
client = anthropic.Anthropic(base_url=GATEWAY, api_key=KEY, max_retries=0)
# As older majors and other clients do it: the old version, the key in its own header.
older = anthropic.Anthropic(
    base_url=GATEWAY, api_key=KEY, max_retries=0,
    default_headers={"anthropic-version": OLD, "x-api-key": KEY, "Authorization": anthropic.Omit()},
)
TEXT, TOOLS, IMAGE, SCHEMA = DATA["text"], DATA["tools"], DATA["image"], DATA["schema"]


def tool(facts):
    return {"name": facts["name"], "description": facts["description"], "input_schema": facts["schema"]}


WEATHER, CLOCK = tool(TOOLS["weather"]), tool(TOOLS["clock"])


def ask(backend, content, alias="on", who=client, max_tokens=256, **more):
    return who.messages.create(model=model(backend, alias), max_tokens=max_tokens, messages=user(content), **more)


def text_of(message):
    return "".join(block.text for block in message.content if block.type == "text")


def calls_of(message):
    return [block for block in message.content if block.type == "tool_use"]


@case("text.plain")
def plain(backend):
    for who in (client, older):
        answer = ask(backend, TEXT["plain"], who=who, system=TEXT["system"])
        assert answer.type == "message" and answer.role == "assistant" and answer.id and answer.model, answer
        assert MODEL or text_of(answer) == said(TEXT["plain"]), answer
        assert answer.stop_reason in ("end_turn", "max_tokens") and answer.stop_sequence is None, answer
        assert answer.usage.input_tokens > 0 and answer.usage.output_tokens > 0, answer.usage
        assert answer._request_id, "the SDK shows it"


@case("text.roles")
def roles(backend):
    messages = [
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": [{"type": "text", "text": "two"}]},
        {"role": "user", "content": [{"type": "text", "text": TEXT["unicode"]}]},
    ]
    system = [{"type": "text", "text": TEXT["system"], "cache_control": {"type": "ephemeral"}}]
    answer = client.messages.create(model=model(backend), max_tokens=256, system=system, messages=messages)
    assert text_of(answer) == said(TEXT["unicode"]), answer
    assert TEXT["system"] in json.dumps(last_request()["body"])


@case("text.sampling")
def sampling(backend):
    """Sampling exists in the old version only."""
    answer = ask(backend, TEXT["plain"], who=older, metadata={"user_id": "u1"}, extra_body={"temperature": 0.3, "top_k": 5})
    assert text_of(answer) == said(TEXT["plain"]), answer


@case("text.long")
def long(backend):
    assert long_text()[:3000] in text_of(ask(backend, long_text(), max_tokens=8000))


@case("text.stop")
def stop(backend):
    if backend == "responses":  # it has none
        return
    answer = ask(backend, TEXT["stop"]["user"], stop_sequences=["never", TEXT["stop"]["sequence"]])
    assert text_of(answer).rstrip() == TEXT["stop"]["answer"].rstrip(), answer


@case("text.length")
def length(backend):
    answer = ask(backend, TEXT["short"]["user"], max_tokens=4 if backend != "responses" else 16)
    assert answer.stop_reason == "max_tokens", answer


@case("text.thinking")
def thinking(backend):
    """Thinking, whole and streamed, and back in the next turn."""
    for config in ({"type": "enabled", "budget_tokens": 1024}, {"type": "adaptive"}):
        answer = ask(backend, TEXT["plain"], max_tokens=4000, thinking=config)
        assert text_of(answer) == said(TEXT["plain"]), answer
        with client.messages.stream(
            model=model(backend), max_tokens=4000, thinking=config, messages=user(TEXT["plain"])
        ) as events:
            final = events.get_final_message()
        assert [b.type for b in final.content] == [b.type for b in answer.content], (final, answer)
        messages = [*user(TEXT["plain"]), {"role": "assistant", "content": final.content}, *user("again")]
        second = client.messages.create(model=model(backend), max_tokens=4000, thinking=config, messages=messages)
        assert text_of(second) == said("again"), second


@case("text.concurrent")
async def concurrent(backend):
    async with anthropic.AsyncAnthropic(base_url=GATEWAY, api_key=KEY, max_retries=0) as many:
        async def one(n):
            answer = await many.messages.create(model=model(backend), max_tokens=64, messages=user(f"number {n}"))
            assert text_of(answer) == said(f"number {n}")

        async def streamed(n):
            async with many.messages.stream(model=model(backend), max_tokens=64, messages=user(f"stream {n}")) as events:
                assert text_of(await events.get_final_message()) == said(f"stream {n}")

        await asyncio.gather(*(f(n) for n in range(8) for f in (one, streamed)))


@case("stream.plain")
def stream(backend):
    for who in (client, older):
        with who.messages.stream(model=model(backend), max_tokens=64, messages=user(TEXT["plain"])) as events:
            pieces = list(events.text_stream)
            final = events.get_final_message()
        assert "".join(pieces) == text_of(final) and (MODEL or text_of(final) == said(TEXT["plain"])), (pieces, final)
        assert final.stop_reason in ("end_turn", "max_tokens") and final.usage.output_tokens > 0
        assert final.usage.input_tokens > 0, final.usage


@case("stream.order")
def order(backend):
    events = [e for e in ask(backend, TEXT["unicode"], stream=True) if e.type != "ping"]
    kinds = [event.type for event in events]
    assert kinds[0] == "message_start" and kinds[1] == "content_block_start", kinds
    assert kinds[-3:] == ["content_block_stop", "message_delta", "message_stop"], kinds
    start = events[0].message
    assert start.content == [] and start.stop_reason is None and start.usage.output_tokens is not None, start
    whole = ask(backend, TEXT["unicode"]).usage
    assert events[-2].usage.output_tokens == whole.output_tokens, (events[-2], whole)


@case("stream.cut")
def cut(backend):
    for alias in ("cut", "failing-stream"):
        try:
            with client.messages.stream(model=model(backend, alias), max_tokens=64, messages=user("hi")) as events:
                events.until_done()
        except anthropic.APIError as error:
            assert error.body["type"] == "error" and error.body["error"]["message"], error.body
        else:
            raise AssertionError(f"{alias}: it ended cleanly")


@case("stream.cancel")
def cancel(backend):
    with client.messages.stream(
        model=model(backend, "slow"), max_tokens=4000, messages=user("Tell a long story " * 20)
    ) as events:
        for count, _ in enumerate(events):
            if count == 3:
                break
    assert streams_are_closed(), emulator("GET", "/emulator/stats")


@case("tools.round_trip")
def tools(backend):
    messages = user(TOOLS["one"])
    first = client.messages.create(model=model(backend), max_tokens=256, messages=messages, tools=[WEATHER])
    assert first.stop_reason == "tool_use", first
    call = calls_of(first)[0]
    assert call.name == "get_weather" and call.input == {"city": TOOLS["city"]} and call.id, call
    messages += [
        {"role": "assistant", "content": first.content},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call.id, "content": TOOLS["result"]}]},
    ]
    second = client.messages.create(model=model(backend), max_tokens=256, messages=messages, tools=[WEATHER])
    assert text_of(second) == TOOLS["final"] and second.stop_reason == "end_turn", second
    messages += [{"role": "assistant", "content": second.content}, *user("thanks")]
    if backend != "converse":  # it cannot forbid calls
        third = client.messages.create(
            model=model(backend), max_tokens=256, messages=messages, tools=[WEATHER], tool_choice={"type": "none"}
        )
        assert text_of(third) == said("thanks"), third


@case("tools.streamed")
def streamed(backend):
    """Two calls at once, streamed; results, one of them an error, with words behind them; streamed."""
    messages = user(TOOLS["parallel"])
    with client.messages.stream(
        model=model(backend), max_tokens=512, messages=messages, tools=[WEATHER, CLOCK]
    ) as events:
        final = events.get_final_message()
    calls = calls_of(final)
    assert [c.name for c in calls] == ["get_weather", "get_time"] and len({c.id for c in calls}) == 2, final
    assert [c.input for c in calls] == [{"city": TOOLS["city"]}, {}] and final.stop_reason == "tool_use", final
    results = [
        {"type": "tool_result", "tool_use_id": calls[0].id, "content": [{"type": "text", "text": "fine"}]},
        {"type": "tool_result", "tool_use_id": calls[1].id, "content": "no clock", "is_error": True},
    ]
    messages += [{"role": "assistant", "content": final.content}, {"role": "user", "content": results}]
    with client.messages.stream(
        model=model(backend), max_tokens=512, messages=messages, tools=[WEATHER, CLOCK]
    ) as events:
        text = text_of(events.get_final_message())
    assert "fine" in text and "no clock" in text, text


@case("tools.result_with_image")
def result_with_image(backend):
    source = {"type": "base64", "media_type": IMAGE["media_type"], "data": IMAGE["base64"]}
    messages = [
        *user("Call get_weather"),
        {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_01", "name": "get_weather", "input": {"city": "x"}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_01", "content": [
            {"type": "text", "text": "a map"}, {"type": "image", "source": source}]}]},
    ]
    try:
        answer = client.messages.create(model=model(backend), max_tokens=256, messages=messages, tools=[WEATHER])
    except anthropic.BadRequestError as error:
        assert error.body["error"]["code"] == "unsupported_parameter", error.body
        return
    assert "a map" in text_of(answer), answer


@case("tools.long_name")
def long_name(backend):
    """Agents make names from those of servers and tools; other formats' are shorter. They come back as they were."""
    name = "mcp__a_server_with_a_very_long_name__and_a_tool_with_an_even_longer_name_than_that"
    one = {"name": name, "input_schema": {"type": "object", "properties": {}}}
    messages = user("go")
    first = client.messages.create(model=model(backend), max_tokens=256, messages=messages, tools=[one])
    with client.messages.stream(model=model(backend), max_tokens=256, messages=messages, tools=[one]) as events:
        streamed = events.get_final_message()
    assert [c.name for c in calls_of(first)] == [c.name for c in calls_of(streamed)] == [name], (first, streamed)
    messages += [
        {"role": "assistant", "content": first.content},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": calls_of(first)[0].id, "content": "fine"}]},
    ]
    answer = client.messages.create(model=model(backend), max_tokens=256, messages=messages, tools=[one])
    assert text_of(answer) == "The tool returned: fine", answer


@case("tools.empty_result")
def empty_result(backend):
    for nothing in ({}, {"content": ""}, {"content": []}):
        messages = [
            *user("Call get_weather"),
            {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_01", "name": "get_weather", "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_01", **nothing}]},
        ]
        answer = client.messages.create(model=model(backend), max_tokens=256, messages=messages, tools=[WEATHER])
        assert text_of(answer), answer


@case("tools.forced")
def forced(backend):
    for choice in ({"type": "any"}, {"type": "tool", "name": "get_time"}, {"type": "auto", "disable_parallel_tool_use": True}):
        try:
            answer = ask(backend, "hello", tools=[WEATHER, CLOCK], tool_choice=choice)
        except anthropic.BadRequestError as error:
            assert backend == "cohere" and choice["type"] == "tool", error
            assert error.body["error"]["code"] == "unsupported_parameter", error.body
            continue
        assert calls_of(answer), answer
        assert "name" not in choice or calls_of(answer)[0].name == "get_time", answer


@case("tools.runner")
async def runner(backend):
    """The helper that calls functions itself. It asks for a kept conversation first and goes on without one."""

    @anthropic.beta_tool
    def get_weather(city: str) -> str:
        """The weather in a city."""
        return f"sunny in {city}"

    @anthropic.beta_async_tool
    async def get_time() -> str:
        """The time of day."""
        return "noon"

    asked = {"model": model(backend), "max_tokens": 512}
    last = client.beta.messages.tool_runner(tools=[get_weather], messages=user(TOOLS["one"]), **asked).until_done()
    assert TOOLS["city"] in text_of(last), last
    for turn in client.beta.messages.tool_runner(
        tools=[get_weather], messages=user(TOOLS["one"]), stream=True, **asked
    ):
        last = turn.get_final_message()
    assert TOOLS["city"] in text_of(last), last
    async with anthropic.AsyncAnthropic(base_url=GATEWAY, api_key=KEY, max_retries=0) as many:
        turns = many.beta.messages.tool_runner(tools=[get_time], messages=user(TOOLS["no_arguments"]), **asked)
        assert "noon" in text_of(await turns.until_done())


@case("image.inline")
def image(backend):
    source = {"type": "base64", "media_type": IMAGE["media_type"], "data": IMAGE["base64"]}
    content = [{"type": "image", "source": source}, {"type": "text", "text": IMAGE["user"]}]
    assert text_of(ask(backend, content)) == IMAGE["answer"]


@case("image.url")
def image_url(backend):
    content = [
        {"type": "image", "source": {"type": "url", "url": IMAGE["url"]}}, {"type": "text", "text": IMAGE["user"]}
    ]
    try:
        answer = ask(backend, content)
    except anthropic.BadRequestError as error:
        assert backend in ("converse", "gemini"), error
        assert error.body["error"]["code"] == "unsupported_parameter", error.body
        return
    assert "I see 1 image" in text_of(answer), answer


@case("schema.output_config")
def schema(backend):
    form = {"format": {"type": "json_schema", "schema": SCHEMA["schema"]}}
    answer = ask(backend, SCHEMA["user"], output_config=form)
    assert json.loads(text_of(answer)) == SCHEMA["answer"], answer
    with client.messages.stream(
        model=model(backend), max_tokens=256, messages=user(SCHEMA["user"]), output_config=form
    ) as events:
        assert json.loads(text_of(events.get_final_message())) == SCHEMA["answer"]


KINDS = {
    400: anthropic.BadRequestError, 401: anthropic.AuthenticationError, 402: anthropic.PaymentRequiredError,
    403: anthropic.PermissionDeniedError, 404: anthropic.NotFoundError, 429: anthropic.RateLimitError,
    502: anthropic.InternalServerError, 504: anthropic.GatewayTimeoutError,
}
NAMES = {
    400: "invalid_request_error", 401: "authentication_error", 402: "billing_error", 403: "permission_error",
    404: "not_found_error", 429: "rate_limit_error", 502: "api_error", 504: "timeout_error",
}


def check(error, expected):
    status = expected["status"]
    assert type(error) is KINDS[status], type(error)
    assert error.status_code == status, error.status_code
    assert error.response.headers["x-gatewright-error"] == expected["code"], dict(error.response.headers)
    assert error.body["type"] == "error" and error.body["error"]["type"] == NAMES[status], error.body
    assert error.body["error"]["message"], error.body
    if status == 429:
        assert int(error.response.headers["retry-after"]) >= 1, dict(error.response.headers)


error_cases(
    lambda name, key: client.with_options(api_key=key).messages.create(model=name, max_tokens=16, messages=user("hi")), check
)


@case("errors.malformed")
def malformed(backend):
    for wrong in ("no list", [{"role": "user", "content": 5}]):
        try:
            client.messages.create(model=model(backend), max_tokens=16, messages=wrong)
        except anthropic.BadRequestError as error:
            assert error.body["error"]["type"] == "invalid_request_error", error.body
        else:
            raise AssertionError(f"{wrong!r} was taken")


@case("errors.retried")
def retried(backend):
    for status in (429, 529):
        fail_next(backend, status)
        answer = client.with_options(max_retries=1).messages.create(
            model=model(backend, "flaky"), max_tokens=16, messages=user("hi")
        )
        assert text_of(answer) == said("hi")


@case("more.both_versions", only=["anthropic"])
def both_versions(backend):
    """To the format's own upstream the caller's version goes on as it is."""
    for who, version in ((client, NEW), (older, OLD)):
        ask(backend, "hi", who=who)
        assert last_request()["headers"]["anthropic-version"] == version, last_request()["headers"]
    try:
        ask(backend, "hi", extra_body={"temperature": 0.5})
    except anthropic.BadRequestError:
        return
    raise AssertionError("sampling is no part of the new version")


@case("more.auth_token")
def auth_token(backend):
    bearer = anthropic.Anthropic(base_url=GATEWAY, auth_token=KEY, max_retries=0)
    assert text_of(ask(backend, TEXT["plain"], who=bearer)) == said(TEXT["plain"])


@case("more.beta")
def beta(backend):
    """Agents call the beta path with fields that nobody knows yet."""
    answer = client.beta.messages.create(
        model=model(backend), max_tokens=64, messages=user(TEXT["plain"]), betas=["made-up-2026-01-01"],
        extra_body={"context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]}, "made_up": {"a": 1}},
    )
    assert text_of(answer) == said(TEXT["plain"]), answer


@case("more.vertex")
def vertex(backend):
    """The SDK's client of Vertex AI, whose paths name the model and whose bodies the version."""
    google = anthropic.AnthropicVertex(
        base_url=GATEWAY + "/v1", access_token=KEY, project_id="p", region="us-east5", max_retries=0
    )
    assert text_of(ask(backend, TEXT["plain"], who=google)) == said(TEXT["plain"])
    with google.messages.stream(model=model(backend), max_tokens=64, messages=user(TEXT["plain"])) as events:
        assert text_of(events.get_final_message()) == said(TEXT["plain"])
    assert google.messages.count_tokens(model=model(backend), messages=user("hi")).input_tokens > 0


@case("more.models")
def models(backend):
    names = [m.id for m in client.models.list()]
    assert model(backend) in names and "forbidden" not in names, names
    assert client.models.retrieve(model(backend)).id == model(backend)


run()
