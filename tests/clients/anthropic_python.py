"""The official Anthropic SDK for Python, unmodified, through the gateway."""

import anthropic
from suite import EMULATOR, GATEWAY, KEY, PNG, emulator_stats, expect_error, model, run, wait_for

client = anthropic.Anthropic(base_url=GATEWAY, api_key=KEY, max_retries=0)

WEATHER = {
    "name": "get_weather",
    "description": "The weather in a city",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
CLOCK = {"name": "get_time", "input_schema": {"type": "object", "properties": {}}}


def user(text):
    return [{"role": "user", "content": text}]


def text(backend):
    answer = client.messages.create(
        model=model(backend), max_tokens=64, system="Be brief.", messages=user("Say héllo ✓")
    )
    assert answer.type == "message" and answer.role == "assistant", answer
    assert answer.content[0].type == "text" and answer.content[0].text, answer
    assert answer.stop_reason in ("end_turn", "max_tokens"), answer.stop_reason
    assert answer.usage.input_tokens > 0 and answer.usage.output_tokens > 0, answer.usage


def stream(backend):
    with client.messages.stream(model=model(backend), max_tokens=64, messages=user("Count to five")) as events:
        pieces = list(events.text_stream)
        final = events.get_final_message()
    assert "".join(pieces) == final.content[0].text != "", (pieces, final)
    assert final.stop_reason in ("end_turn", "max_tokens") and final.usage.output_tokens > 0
    assert final.usage.input_tokens > 0, final.usage


def raw_stream_order(backend):
    kinds = [
        event.type
        for event in client.messages.create(
            model=model(backend), max_tokens=64, messages=user("Count to five"), stream=True
        )
    ]
    kinds = [k for k in kinds if k != "ping"]
    assert kinds[0] == "message_start" and kinds[1] == "content_block_start", kinds
    assert kinds[-3:] == ["content_block_stop", "message_delta", "message_stop"], kinds


def tools(backend):
    messages = user("What is the weather in Paris?")
    first = client.messages.create(model=model(backend), max_tokens=256, messages=messages, tools=[WEATHER])
    assert first.stop_reason == "tool_use", first
    call = next(block for block in first.content if block.type == "tool_use")
    assert call.name == "get_weather" and "city" in call.input and call.id, call
    messages += [
        {"role": "assistant", "content": [block.model_dump(exclude_none=True) for block in first.content]},
        {
            "role": "user",
            "content": [{"type": "tool_result", "tool_use_id": call.id, "content": "sunny, 21 degrees"}],
        },
    ]
    second = client.messages.create(model=model(backend), max_tokens=256, messages=messages, tools=[WEATHER])
    assert "sunny" in second.content[0].text and second.stop_reason == "end_turn", second


def parallel_tools_streamed(backend):
    with client.messages.stream(
        model=model(backend),
        max_tokens=512,
        messages=user("Call get_weather and get_time in parallel"),
        tools=[WEATHER, CLOCK],
    ) as events:
        final = events.get_final_message()
    calls = [block for block in final.content if block.type == "tool_use"]
    assert sorted(c.name for c in calls) == ["get_time", "get_weather"], final
    assert len({c.id for c in calls}) == 2 and final.stop_reason == "tool_use"
    assert all(isinstance(c.input, dict) for c in calls)


def image(backend):
    content = [
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
        {"type": "text", "text": "What is in this image?"},
    ]
    answer = client.messages.create(
        model=model(backend), max_tokens=64, messages=[{"role": "user", "content": content}]
    )
    assert "image/png" in answer.content[0].text, answer.content[0].text


def typed_errors(backend):
    def call(name, key=None, messages=None):
        who = client.with_options(api_key=key) if key else client
        return lambda: who.messages.create(model=name, max_tokens=16, messages=messages or user("hi"))

    expect_error(anthropic.AuthenticationError, 401, "invalid_api_key", call(model(backend), key="gw-wrong"))
    expect_error(anthropic.PermissionDeniedError, 403, "model_not_allowed", call("forbidden"))
    expect_error(anthropic.NotFoundError, 404, "model_not_found", call("nothing"))
    error = expect_error(anthropic.BadRequestError, 400, "invalid_request", call(model(backend), messages="no list"))
    assert error.body["type"] == "error" and error.body["error"]["type"] == "invalid_request_error", error.body
    limited = expect_error(anthropic.RateLimitError, 429, "upstream_error", call(f"limited-on-{backend}"))
    assert int(limited.response.headers["retry-after"]) >= 1
    assert limited.body["error"]["type"] == "rate_limit_error", limited.body
    expect_error(anthropic.InternalServerError, 502, "upstream_error", call(f"broken-on-{backend}"))


def cut_stream(backend):
    """An upstream that dies in the midst must not look like a clean end."""
    try:
        with client.messages.stream(model=f"cut-on-{backend}", max_tokens=64, messages=user("hi")) as events:
            events.until_done()
    except anthropic.APIError as error:
        assert "upstream_error" in str(error.body), error.body
        return
    raise AssertionError("the cut stream ended cleanly")


def cancel_mid_stream(backend):
    with client.messages.stream(
        model=f"slow-on-{backend}", max_tokens=4000, messages=user("Tell a long story " * 20)
    ) as events:
        for count, _ in enumerate(events):
            if count == 3:
                break
    assert wait_for(lambda: emulator_stats()["open_streams"] == 0), emulator_stats()


def models(backend):
    names = [m.id for m in client.models.list()]
    assert model(backend) in names and "forbidden" not in names, names


run({
    name: case
    for name, case in list(globals().items())
    if callable(case) and case.__module__ == "__main__" and name not in ("user",)
    and (EMULATOR or name in ("text", "stream"))
})
