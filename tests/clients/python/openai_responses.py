"""The official OpenAI SDK for Python: responses."""

import asyncio
import json

import openai
from kit import (
    DATA, GATEWAY, KEY, MODEL, case, emulator, error_cases, fail_next, last_request, long_text, model, run, said,
    streams_are_closed,
)
from pydantic import BaseModel

client = openai.OpenAI(base_url=GATEWAY + "/v1", api_key=KEY, max_retries=0)
TEXT, TOOLS, IMAGE, SCHEMA = DATA["text"], DATA["tools"], DATA["image"], DATA["schema"]


def function(tool, strict=False):
    return {
        "type": "function", "name": tool["name"], "description": tool["description"], "parameters": tool["schema"],
        "strict": strict,
    }


WEATHER, CLOCK = function(TOOLS["weather"]), function(TOOLS["clock"])


def ask(backend, content, alias="on", **more):
    return client.responses.create(model=model(backend, alias), input=content, **more)


def calls_of(answer):
    return [item for item in answer.output if item.type == "function_call"]


@case("text.plain")
def plain(backend):
    answer = ask(backend, TEXT["plain"], max_output_tokens=64)
    assert answer.object == "response" and answer.id and answer.created_at and answer.model, answer
    # Nobody knows how much a real model has to say.
    status = answer.status if MODEL and answer.status == "incomplete" else "completed"
    assert answer.status == status and answer.error is None, answer
    assert (answer.incomplete_details is None) == (status == "completed"), answer
    assert MODEL or answer.output_text == said(TEXT["plain"]), answer
    message = next(item for item in answer.output if item.type == "message")
    assert message.role == "assistant" and message.status == status and message.id, message
    assert message.content[0].type == "output_text" and message.content[0].annotations == [], message
    usage = answer.usage
    assert usage.input_tokens > 0 and usage.output_tokens > 0
    assert usage.total_tokens == usage.input_tokens + usage.output_tokens
    assert (MODEL or usage.input_tokens_details.cached_tokens == 0) and usage.output_tokens_details.reasoning_tokens == 0


@case("text.roles")
def roles(backend):
    messages = [
        {"role": "developer", "content": "Speak up."},
        {"role": "user", "content": "one"},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "two", "annotations": []}]},
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": TEXT["unicode"]}]},
    ]
    answer = ask(backend, messages, instructions=TEXT["system"])
    assert answer.output_text == said(TEXT["unicode"]), answer
    body = json.dumps(last_request()["body"])
    assert TEXT["system"] in body and "Speak up." in body, body
    assert answer.instructions == TEXT["system"], answer.instructions


@case("text.long")
def long(backend):
    assert long_text()[:3000] in ask(backend, long_text()).output_text


@case("text.length")
def length(backend):
    answer = ask(backend, TEXT["short"]["user"], max_output_tokens=16)
    assert answer.status == "incomplete" and answer.incomplete_details.reason == "max_output_tokens", answer
    assert answer.usage.output_tokens <= 16, answer


@case("text.sampling")
def sampling(backend):
    answer = ask(backend, TEXT["plain"], temperature=0.5, top_p=0.9, store=False, metadata={"a": "b"}, truncation="disabled")
    assert answer.output_text == said(TEXT["plain"]), answer


@case("text.reasoning")
def reasoning(backend):
    """Reasoning, and what it was goes back in the next turn."""
    answer = ask(
        backend, TEXT["plain"], reasoning={"effort": "low", "summary": "auto"},
        include=["reasoning.encrypted_content"], store=False, max_output_tokens=9000,
    )
    assert answer.output_text == said(TEXT["plain"]), answer
    turns = [{"role": "user", "content": TEXT["plain"]}, *answer.output, {"role": "user", "content": "again"}]
    second = ask(
        backend, turns, reasoning={"effort": "low"}, store=False, include=["reasoning.encrypted_content"], max_output_tokens=9000
    )
    assert second.output_text == said("again"), second


@case("text.concurrent")
async def concurrent(backend):
    async with openai.AsyncOpenAI(base_url=GATEWAY + "/v1", api_key=KEY, max_retries=0) as many:
        async def one(n):
            answer = await many.responses.create(model=model(backend), input=f"number {n}")
            assert answer.output_text == said(f"number {n}")

        async def streamed(n):
            async with many.responses.stream(model=model(backend), input=f"stream {n}") as events:
                final = await events.get_final_response()
            assert final.output_text == said(f"stream {n}")

        await asyncio.gather(*(f(n) for n in range(8) for f in (one, streamed)))


def in_order(events):
    """Numbers rise by one, and every part is opened before it is filled and closed after."""
    assert [event.sequence_number for event in events] == list(range(len(events))), [e.sequence_number for e in events]
    kinds = [event.type for event in events]
    assert kinds[:2] == ["response.created", "response.in_progress"], kinds
    assert kinds[-1] in ("response.completed", "response.incomplete"), kinds
    opened = 0
    for kind in kinds:
        opened += {"response.output_item.added": 1, "response.output_item.done": -1}.get(kind, 0)
        assert opened in (0, 1), kinds
    assert opened == 0, kinds
    return kinds


@case("stream.plain")
def stream(backend):
    events = list(ask(backend, TEXT["plain"], max_output_tokens=64, stream=True))
    kinds = in_order(events)
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    final = events[-1].response
    assert final.output_text == text and final.usage.output_tokens > 0 and final.usage.input_tokens > 0, final
    assert MODEL or text == said(TEXT["plain"]), text
    assert MODEL or kinds[2:4] == ["response.output_item.added", "response.content_part.added"], kinds
    assert MODEL or kinds[-4:-1] == [
        "response.output_text.done", "response.content_part.done", "response.output_item.done"
    ], kinds


@case("stream.same_as_whole")
def same(backend):
    whole = ask(backend, TEXT["unicode"])
    final = list(ask(backend, TEXT["unicode"], stream=True))[-1].response
    assert final.output_text == whole.output_text == said(TEXT["unicode"])
    assert final.usage.total_tokens == whole.usage.total_tokens, (final.usage, whole.usage)
    assert final.status == whole.status and set(final.to_dict()) ^ set(whole.to_dict()) <= {"completed_at"}


@case("stream.helper")
def helper(backend):
    with client.responses.stream(model=model(backend), input=TEXT["unicode"]) as events:
        final = events.until_done().get_final_response()
    assert final.output_text == said(TEXT["unicode"]), final


@case("stream.length")
def stream_length(backend):
    events = list(ask(backend, TEXT["short"]["user"], max_output_tokens=16, stream=True))
    in_order(events)
    assert events[-1].type == "response.incomplete", events[-1]
    assert events[-1].response.incomplete_details.reason == "max_output_tokens", events[-1]


@case("stream.cut")
def cut(backend):
    for alias in ("cut", "failing-stream"):
        last = None
        try:
            for last in ask(backend, "hi", alias, max_output_tokens=64, stream=True):
                pass
        except openai.APIError as error:
            assert alias == "failing-stream" or "upstream_error" in f"{error.code} {error.body} {error}", error.body
        else:
            assert last.type in ("error", "response.failed"), f"{alias}: it ended cleanly with {last.type}"


@case("stream.cancel")
def cancel(backend):
    stream = ask(backend, "Tell a long story " * 20, "slow", max_output_tokens=4000, stream=True)
    for count, _ in enumerate(stream):
        if count == 6:
            break
    stream.close()
    assert streams_are_closed(), emulator("GET", "/emulator/stats")


@case("tools.round_trip")
def tools(backend):
    turns = [{"role": "user", "content": TOOLS["one"]}]
    first = ask(backend, turns, tools=[WEATHER])
    call = calls_of(first)[0]
    assert call.name == "get_weather" and call.call_id and call.id and call.status == "completed", call
    assert json.loads(call.arguments) == {"city": TOOLS["city"]}, call
    # The SDK's users send items back as they came.
    turns += first.output
    turns.append({"type": "function_call_output", "call_id": call.call_id, "output": TOOLS["result"]})
    second = ask(backend, turns, tools=[WEATHER])
    assert second.output_text == TOOLS["final"], second
    turns += [*second.output, {"role": "user", "content": "thanks"}]
    if backend != "converse":  # it cannot forbid calls
        assert ask(backend, turns, tools=[WEATHER], tool_choice="none").output_text == said("thanks")


@case("tools.parallel")
def parallel(backend):
    turns = [{"role": "user", "content": TOOLS["parallel"]}]
    first = ask(backend, turns, tools=[WEATHER, CLOCK])
    calls = calls_of(first)
    assert [c.name for c in calls] == ["get_weather", "get_time"] and len({c.call_id for c in calls}) == 2, calls
    assert json.loads(calls[1].arguments) == {}, calls
    turns += [item.model_dump(exclude_none=True) for item in first.output]
    turns += [
        {"type": "function_call_output", "call_id": c.call_id, "output": [{"type": "input_text", "text": f"of {c.name}"}]}
        for c in calls
    ]
    second = ask(backend, turns, tools=[WEATHER, CLOCK])
    assert "of get_weather" in second.output_text and "of get_time" in second.output_text, second


@case("tools.streamed")
def streamed(backend):
    turns = [{"role": "user", "content": TOOLS["parallel"]}]
    events = list(ask(backend, turns, tools=[WEATHER, CLOCK], stream=True))
    in_order(events)
    final = events[-1].response
    calls = calls_of(final)
    assert [c.name for c in calls] == ["get_weather", "get_time"], calls
    pieces = {}
    for event in events:
        if event.type == "response.function_call_arguments.delta":
            pieces[event.item_id] = pieces.get(event.item_id, "") + event.delta
        if event.type == "response.function_call_arguments.done":
            assert json.loads(event.arguments) == json.loads(pieces.get(event.item_id) or "{}"), event
    done = [event.item for event in events if event.type == "response.output_item.done"]
    assert [i.call_id for i in done if i.type == "function_call"] == [c.call_id for c in calls]
    turns += done
    turns += [{"type": "function_call_output", "call_id": c.call_id, "output": "fine"} for c in calls]
    with client.responses.stream(model=model(backend), input=turns, tools=[WEATHER, CLOCK]) as events:
        assert "fine" in events.get_final_response().output_text


@case("tools.forced")
def forced(backend):
    for choice in ("required", {"type": "function", "name": "get_time"}):
        try:
            answer = ask(backend, "hello", tools=[WEATHER, CLOCK], tool_choice=choice)
        except openai.BadRequestError as error:
            assert backend == "cohere" and choice != "required" and error.code == "unsupported_parameter", error
            continue
        assert calls_of(answer), answer
        assert choice == "required" or calls_of(answer)[0].name == "get_time", answer


@case("tools.strict_parsed")
def strict(backend):
    class GetWeather(BaseModel):
        city: str

    answer = client.responses.parse(
        model=model(backend), input="Call GetWeather", tools=[openai.pydantic_function_tool(GetWeather)]
    )
    assert calls_of(answer)[0].parsed_arguments.city == TOOLS["city"], answer


@case("image.inline")
def image(backend):
    url = f"data:{IMAGE['media_type']};base64,{IMAGE['base64']}"
    content = [{"type": "input_text", "text": IMAGE["user"]}, {"type": "input_image", "image_url": url, "detail": "auto"}]
    answer = ask(backend, [{"role": "user", "content": content}])
    assert answer.output_text == IMAGE["answer"], answer


@case("image.url")
def image_url(backend):
    content = [{"type": "input_text", "text": IMAGE["user"]}, {"type": "input_image", "image_url": IMAGE["url"]}]
    try:
        answer = ask(backend, [{"role": "user", "content": content}])
    except openai.BadRequestError as error:
        assert backend in ("converse", "gemini") and error.code == "unsupported_parameter", error
        return
    assert "I see 1 image" in answer.output_text, answer


class Person(BaseModel):
    name: str
    age: int
    tags: list[str]


@case("schema.parsed")
def schema(backend):
    answer = client.responses.parse(model=model(backend), input=SCHEMA["user"], text_format=Person)
    assert answer.output_parsed == Person(**SCHEMA["answer"]), answer
    with client.responses.stream(model=model(backend), input=SCHEMA["user"], text_format=Person) as events:
        assert events.get_final_response().output_parsed == Person(**SCHEMA["answer"])
    assert answer.text.format.type == "json_schema" and answer.text.format.name == "Person", answer.text


@case("schema.format")
def schema_format(backend):
    form = {"type": "json_schema", "name": SCHEMA["name"], "schema": SCHEMA["schema"], "strict": True}
    answer = ask(backend, SCHEMA["user"], text={"format": form})
    assert json.loads(answer.output_text) == SCHEMA["answer"], answer


KINDS = {
    400: openai.BadRequestError, 401: openai.AuthenticationError, 402: openai.APIStatusError,
    403: openai.PermissionDeniedError, 404: openai.NotFoundError, 429: openai.RateLimitError,
    502: openai.InternalServerError, 504: openai.InternalServerError,
}


def check(error, expected):
    assert type(error) is KINDS[expected["status"]], type(error)
    assert error.status_code == expected["status"], error.status_code
    assert error.response.headers["x-gatewright-error"] == expected["code"], dict(error.response.headers)
    assert error.body["message"] and error.body["type"], error.body


error_cases(
    lambda name, key: client.with_options(api_key=key).responses.create(model=name, input="hi", max_output_tokens=64), check
)


@case("errors.malformed")
def malformed(backend):
    for wrong in (5, [{"role": "user", "content": 5}], [{"type": "function_call_output", "output": "x"}]):
        try:
            ask(backend, wrong)
        except openai.BadRequestError as error:
            assert error.body["message"], error.body
        else:
            raise AssertionError(f"{wrong!r} was taken")


@case("errors.retried")
def retried(backend):
    fail_next(backend)
    answer = client.with_options(max_retries=1).responses.create(model=model(backend, "flaky"), input="hi")
    assert answer.output_text == said("hi")


run()
