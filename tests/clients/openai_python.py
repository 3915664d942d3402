"""The official OpenAI SDK for Python, unmodified, through the gateway."""

import json

import openai
from suite import EMULATOR, GATEWAY, KEY, PNG, emulator_stats, expect_error, model, run, wait_for

client = openai.OpenAI(base_url=GATEWAY + "/v1", api_key=KEY, max_retries=0)

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    },
}
CLOCK = {
    "type": "function",
    "function": {"name": "get_time", "parameters": {"type": "object", "properties": {}}},
}


def user(text):
    return [{"role": "user", "content": text}]


def text(backend):
    answer = client.chat.completions.create(
        model=model(backend), messages=[{"role": "system", "content": "Be brief."}, *user("Say héllo ✓")], max_tokens=64
    )
    choice = answer.choices[0]
    assert choice.message.role == "assistant" and choice.message.content, answer
    assert choice.finish_reason in ("stop", "length"), choice
    assert answer.usage.prompt_tokens > 0 and answer.usage.completion_tokens > 0, answer.usage
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    assert answer.object == "chat.completion" and answer.id


def headers(backend):
    raw = client.chat.completions.with_raw_response.create(model=model(backend), messages=user("hi"), max_tokens=16)
    assert raw.headers["x-request-id"] and raw.headers["x-gatewright-provider"] == f"up-{backend}"
    assert raw.headers["x-gatewright-attempts"] == "1" and raw.headers["x-gatewright-model"] == model(backend)
    float(raw.headers["x-gatewright-cost-usd"])


def stream(backend):
    pieces, finish, seen_usage = [], None, False
    for chunk in client.chat.completions.create(
        model=model(backend), messages=user("Count to five"), max_tokens=64, stream=True
    ):
        assert chunk.object == "chat.completion.chunk"
        seen_usage = seen_usage or chunk.usage is not None
        assert chunk.choices, "a chunk without choices came though usage was not asked for"
        pieces.append(chunk.choices[0].delta.content or "")
        finish = chunk.choices[0].finish_reason or finish
    assert "".join(pieces) and finish in ("stop", "length"), (pieces, finish)
    assert not seen_usage


def stream_with_usage(backend):
    last = None
    for chunk in client.chat.completions.create(
        model=model(backend),
        messages=user("Count to five"),
        max_tokens=64,
        stream=True,
        stream_options={"include_usage": True},
    ):
        last = chunk
    assert last.choices == [] and last.usage.completion_tokens > 0 and last.usage.prompt_tokens > 0, last


def tools(backend):
    messages = user("What is the weather in Paris?")
    first = client.chat.completions.create(model=model(backend), messages=messages, tools=[WEATHER], max_tokens=256)
    choice = first.choices[0]
    assert choice.finish_reason == "tool_calls", choice
    call = choice.message.tool_calls[0]
    assert call.type == "function" and call.function.name == "get_weather" and call.id
    assert "city" in json.loads(call.function.arguments)
    messages += [
        choice.message.model_dump(exclude_none=True),
        {"role": "tool", "tool_call_id": call.id, "content": "sunny, 21 degrees"},
    ]
    second = client.chat.completions.create(model=model(backend), messages=messages, tools=[WEATHER], max_tokens=256)
    assert "sunny" in second.choices[0].message.content, second
    assert second.choices[0].finish_reason == "stop"


def parallel_tools_streamed(backend):
    calls, finish = {}, None
    for chunk in client.chat.completions.create(
        model=model(backend),
        messages=user("Call get_weather and get_time in parallel"),
        tools=[WEATHER, CLOCK],
        max_tokens=512,
        stream=True,
    ):
        choice = chunk.choices[0]
        finish = choice.finish_reason or finish
        for delta in choice.delta.tool_calls or []:
            call = calls.setdefault(delta.index, {"id": None, "name": "", "arguments": ""})
            call["id"] = delta.id or call["id"]
            call["name"] += delta.function.name or "" if delta.function else ""
            call["arguments"] += delta.function.arguments or "" if delta.function else ""
    assert finish == "tool_calls", finish
    assert sorted(c["name"] for c in calls.values()) == ["get_time", "get_weather"], calls
    assert len({c["id"] for c in calls.values()}) == 2
    for call in calls.values():
        json.loads(call["arguments"])


def image(backend):
    content = [
        {"type": "text", "text": "What is in this image?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64," + PNG}},
    ]
    answer = client.chat.completions.create(
        model=model(backend), messages=[{"role": "user", "content": content}], max_tokens=64
    )
    assert "image/png" in answer.choices[0].message.content, answer.choices[0].message.content


def helper_stream(backend):
    """The SDK's own accumulating stream helper."""
    with client.chat.completions.stream(model=model(backend), messages=user("hello"), max_tokens=64) as events:
        events.until_done()
        final = events.get_final_completion()
    assert final.choices[0].message.content


def typed_errors(backend):
    def call(name, key=None, **kwargs):
        who = client.with_options(api_key=key) if key else client
        return lambda: who.chat.completions.create(model=name, messages=kwargs.pop("messages", user("hi")), **kwargs)

    expect_error(openai.AuthenticationError, 401, "invalid_api_key", call(model(backend), key="gw-wrong"))
    expect_error(openai.PermissionDeniedError, 403, "model_not_allowed", call("forbidden"))
    expect_error(openai.NotFoundError, 404, "model_not_found", call("nothing"))
    error = expect_error(openai.BadRequestError, 400, "invalid_request", call(model(backend), messages="no list"))
    assert error.code == "invalid_request" and error.param == "messages", (error.code, error.param)
    limited = expect_error(openai.RateLimitError, 429, "upstream_error", call(f"limited-on-{backend}"))
    assert int(limited.response.headers["retry-after"]) >= 1
    expect_error(openai.InternalServerError, 502, "upstream_error", call(f"broken-on-{backend}"))


def cut_stream(backend):
    """An upstream that dies in the midst must not look like a clean end."""
    try:
        for _ in client.chat.completions.create(model=f"cut-on-{backend}", messages=user("hi"), max_tokens=64, stream=True):
            pass
    except openai.APIError as error:
        assert "upstream_error" in str(error.body) or error.code == "upstream_error", error.body
        return
    raise AssertionError("the cut stream ended cleanly")


def cancel_mid_stream(backend):
    stream = client.chat.completions.create(
        model=f"slow-on-{backend}", messages=user("Tell a long story " * 20), max_tokens=4000, stream=True
    )
    for count, _ in enumerate(stream):
        if count == 2:
            break
    stream.close()
    assert wait_for(lambda: emulator_stats()["open_streams"] == 0), emulator_stats()


def embeddings(backend):
    if backend != "openai":
        return
    answer = client.embeddings.create(model="embedder", input=["one", "two"])
    assert len(answer.data) == 2 and len(answer.data[0].embedding) > 8 and answer.usage.prompt_tokens > 0
    floats = client.embeddings.create(model="embedder", input="one", encoding_format="float")
    assert all(abs(a - b) < 1e-5 for a, b in zip(floats.data[0].embedding, answer.data[0].embedding))


def legacy_completions(backend):
    answer = client.completions.create(model=model(backend), prompt="Once upon a time", max_tokens=32)
    assert answer.object == "text_completion" and answer.choices[0].text, answer
    assert answer.usage.completion_tokens > 0
    pieces = [c.choices[0].text for c in client.completions.create(
        model=model(backend), prompt="Once upon a time", max_tokens=32, stream=True) if c.choices]
    assert "".join(pieces)


def models(backend):
    names = [m.id for m in client.models.list()]
    assert model(backend) in names and "forbidden" not in names, names
    assert client.models.retrieve(model(backend)).id == model(backend)


run({
    name: case
    for name, case in list(globals().items())
    if callable(case) and case.__module__ == "__main__" and name not in ("user",)
    and (EMULATOR or name in ("text", "stream"))
})
