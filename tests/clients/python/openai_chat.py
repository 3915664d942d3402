"""The official OpenAI SDK for Python: chat completions, legacy completions, embeddings, models."""

import asyncio
import json

import openai
from kit import (
    DATA, GATEWAY, KEY, MODEL, case, emulator, error_cases, fail_next, function, last_request, long_text, model,
    run, said, streams_are_closed, user,
)
from pydantic import BaseModel

client = openai.OpenAI(base_url=GATEWAY + "/v1", api_key=KEY, max_retries=0)
aclient = openai.AsyncOpenAI(base_url=GATEWAY + "/v1", api_key=KEY, max_retries=0)
TEXT, TOOLS, IMAGE, SCHEMA = DATA["text"], DATA["tools"], DATA["image"], DATA["schema"]


WEATHER, CLOCK = function(TOOLS["weather"]), function(TOOLS["clock"])


def ask(backend, content, alias="on", **more):
    return client.chat.completions.create(model=model(backend, alias), messages=user(content), **more)


@case("text.plain")
def plain(backend):
    answer = ask(backend, TEXT["plain"], max_completion_tokens=64)
    assert answer.object == "chat.completion" and answer.id and answer.created and answer.model, answer
    message = answer.choices[0].message
    assert message.role == "assistant" and message.content, answer
    assert MODEL or message.content == said(TEXT["plain"]), answer
    assert answer.choices[0].finish_reason in ("stop", "length")
    usage = answer.usage
    assert usage.prompt_tokens > 0 and usage.completion_tokens > 0
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens


@case("text.roles")
def roles(backend):
    """System and developer texts, several turns, names, parts."""
    for role in ("system", "developer"):
        messages = [
            {"role": role, "content": TEXT["system"]},
            {"role": "user", "content": "one"},
            {"role": "assistant", "content": "two"},
            {"role": "user", "content": [{"type": "text", "text": TEXT["unicode"]}], "name": "bob"},
        ]
        answer = client.chat.completions.create(model=model(backend), messages=messages)
        assert answer.choices[0].message.content == said(TEXT["unicode"]), answer
        assert TEXT["system"] in json.dumps(last_request()["body"])


@case("text.long")
def long(backend):
    answer = ask(backend, long_text())
    assert long_text()[:3000] in answer.choices[0].message.content


@case("text.stop")
def stop(backend):
    for stop in (TEXT["stop"]["sequence"], ["never", TEXT["stop"]["sequence"]]):
        raw = client.chat.completions.with_raw_response.create(
            model=model(backend), messages=user(TEXT["stop"]["user"]), stop=stop
        )
        if backend == "responses":
            assert "stop" in raw.headers["x-gatewright-dropped"], "Responses have none, and that is said"
            continue
        choice = raw.parse().choices[0]
        assert choice.message.content.rstrip() == TEXT["stop"]["answer"].rstrip(), choice
        assert choice.finish_reason == "stop", choice


@case("text.length")
def length(backend):
    for bound in ("max_tokens", "max_completion_tokens"):
        answer = ask(backend, TEXT["short"]["user"], **{bound: 16})
        assert answer.choices[0].finish_reason == "length", answer
        assert answer.usage.completion_tokens <= 16, answer


@case("text.sampling")
def sampling(backend):
    answer = ask(
        backend, TEXT["plain"], temperature=0.5, top_p=0.9, seed=7, presence_penalty=0.1, frequency_penalty=0.1, user="u1"
    )
    assert answer.choices[0].message.content == said(TEXT["plain"])


@case("text.choices")
def choices(backend):
    """`n`: where the target can, else refused in so many words."""
    try:
        answer = ask(backend, TEXT["plain"], n=2)
    except openai.BadRequestError as error:
        assert backend not in ("openai", "gemini") and error.code == "unsupported_parameter" and error.param == "n", error
        return
    assert [c.index for c in answer.choices] == [0, 1], answer
    assert backend in ("openai", "gemini"), "one choice was asked for twice"


@case("text.logprobs")
def logprobs(backend):
    try:
        answer = ask(backend, TEXT["plain"], logprobs=True, top_logprobs=2)
    except openai.BadRequestError as error:
        assert backend != "openai" and error.code == "unsupported_parameter" and error.param == "logprobs", error
        return
    assert backend in ("openai", "gemini", "responses"), "log probabilities were asked for, and there are none"
    # The emulator states them in this format only.
    assert backend != "openai" or answer.choices[0].logprobs.content[0].token


@case("text.reasoning")
def reasoning(backend):
    answer = ask(backend, TEXT["plain"], reasoning_effort="low")
    assert answer.choices[0].message.content == said(TEXT["plain"]), answer


@case("text.headers")
def headers(backend):
    raw = client.chat.completions.with_raw_response.create(model=model(backend), messages=user("hi"))
    assert raw.headers["x-request-id"] and raw.headers["x-gatewright-provider"] == f"up-{backend}"
    assert raw.headers["x-gatewright-attempts"] == "1" and raw.headers["x-gatewright-model"] == model(backend)
    float(raw.headers["x-gatewright-cost-usd"])
    assert raw.parse().choices


@case("text.concurrent")
async def concurrent(backend):
    async with openai.AsyncOpenAI(base_url=GATEWAY + "/v1", api_key=KEY, max_retries=0) as many:
        async def one(n):
            answer = await many.chat.completions.create(model=model(backend), messages=user(f"number {n}"))
            assert answer.choices[0].message.content == said(f"number {n}")

        async def streamed(n):
            text = ""
            async for chunk in await many.chat.completions.create(
                model=model(backend), messages=user(f"stream {n}"), stream=True
            ):
                text += chunk.choices[0].delta.content or ""
            assert text == said(f"stream {n}"), text

        await asyncio.gather(*(f(n) for n in range(8) for f in (one, streamed)))


@case("stream.plain")
def stream(backend):
    pieces, finish, roles, ids = [], None, [], set()
    for chunk in ask(backend, TEXT["plain"], max_tokens=64, stream=True):
        assert chunk.object == "chat.completion.chunk" and chunk.usage is None
        assert chunk.choices, "a chunk without choices came though usage was not asked for"
        delta = chunk.choices[0].delta
        ids.add(chunk.id)
        roles += [delta.role] if delta.role else []
        pieces.append(delta.content or "")
        finish = chunk.choices[0].finish_reason or finish
    assert finish in ("stop", "length") and len(ids) == 1 and ids != {""}, (finish, ids)
    assert MODEL or ("".join(pieces) == said(TEXT["plain"]) and roles == ["assistant"]), (pieces, roles)


@case("stream.usage")
def stream_usage(backend):
    chunks = list(ask(backend, TEXT["unicode"], stream=True, stream_options={"include_usage": True}))
    last = chunks[-1]
    assert last.choices == [] and last.usage.completion_tokens > 0 and last.usage.prompt_tokens > 0, last
    assert all(chunk.usage is None for chunk in chunks[:-1])
    whole = ask(backend, TEXT["unicode"]).usage
    assert (last.usage.prompt_tokens, last.usage.completion_tokens) == (whole.prompt_tokens, whole.completion_tokens)


@case("stream.helper")
def stream_helper(backend):
    """The SDK's own accumulating helper checks the order of chunks."""
    with client.chat.completions.stream(model=model(backend), messages=user(TEXT["unicode"])) as events:
        kinds = {event.type for event in events}
        final = events.get_final_completion()
    assert final.choices[0].message.content == said(TEXT["unicode"]) and "content.done" in kinds, (final, kinds)


@case("stream.length")
def stream_length(backend):
    chunks = list(ask(backend, TEXT["short"]["user"], max_tokens=16, stream=True))
    assert chunks[-1].choices[0].finish_reason == "length", chunks[-1]


@case("stream.cut")
def stream_cut(backend):
    """An upstream that dies, or fails, in the midst must not look like a clean end."""
    for alias in ("cut", "failing-stream"):
        try:
            for _ in ask(backend, "hi", alias, max_tokens=64, stream=True):
                pass
        except openai.APIError as error:
            # What an upstream of the same format says goes on as it is.
            own = alias == "failing-stream" and backend == "openai"
            assert own or "upstream_error" in (error.code or str(error.body)), error.body
        else:
            raise AssertionError(f"{alias}: it ended cleanly")


@case("stream.cancel")
def stream_cancel(backend):
    stream = ask(backend, "Tell a long story " * 20, "slow", max_tokens=4000, stream=True)
    for count, _ in enumerate(stream):
        if count == 2:
            break
    stream.close()
    assert streams_are_closed(), emulator("GET", "/emulator/stats")


@case("tools.round_trip")
def tools(backend):
    messages = user(TOOLS["one"])
    first = client.chat.completions.create(model=model(backend), messages=messages, tools=[WEATHER])
    choice = first.choices[0]
    assert choice.finish_reason == "tool_calls", choice
    call = choice.message.tool_calls[0]
    assert call.type == "function" and call.function.name == "get_weather" and call.id, call
    assert json.loads(call.function.arguments) == {"city": TOOLS["city"]}, call
    messages += [
        choice.message.model_dump(exclude_none=True),
        {"role": "tool", "tool_call_id": call.id, "content": TOOLS["result"]},
    ]
    second = client.chat.completions.create(model=model(backend), messages=messages, tools=[WEATHER])
    assert second.choices[0].message.content == TOOLS["final"], second
    assert second.choices[0].finish_reason == "stop"
    messages += [second.choices[0].message.model_dump(exclude_none=True), *user("thanks")]
    raw = client.chat.completions.with_raw_response.create(
        model=model(backend), messages=messages, tools=[WEATHER], tool_choice="none"
    )
    if backend == "converse":
        assert "tool_choice" in raw.headers["x-gatewright-dropped"], "Converse cannot forbid, and that is said"
    else:
        assert raw.parse().choices[0].message.content == said("thanks"), raw.parse()


@case("tools.parallel")
def parallel_tools(backend):
    messages = user(TOOLS["parallel"])
    first = client.chat.completions.create(model=model(backend), messages=messages, tools=[WEATHER, CLOCK])
    calls = first.choices[0].message.tool_calls
    assert [c.function.name for c in calls] == ["get_weather", "get_time"] and len({c.id for c in calls}) == 2, calls
    assert json.loads(calls[1].function.arguments) == {}, calls[1]
    messages.append(first.choices[0].message.model_dump(exclude_none=True))
    # Results may come in any order; ids say what belongs to what.
    messages += [{"role": "tool", "tool_call_id": c.id, "content": f"of {c.function.name}"} for c in reversed(calls)]
    second = client.chat.completions.create(model=model(backend), messages=messages, tools=[WEATHER, CLOCK])
    assert "of get_weather" in second.choices[0].message.content and "of get_time" in second.choices[0].message.content
    one = client.chat.completions.create(
        model=model(backend), messages=user(TOOLS["parallel"]), tools=[WEATHER, CLOCK], parallel_tool_calls=False
    ) if backend in ("openai", "responses", "anthropic") else None
    assert one is None or len(one.choices[0].message.tool_calls) == 1, one


@case("tools.streamed")
def streamed_tools(backend):
    """Two calls at once, streamed, then their results, streamed."""
    messages = user(TOOLS["parallel"])
    calls, finish = {}, None
    for chunk in ask(backend, TOOLS["parallel"], tools=[WEATHER, CLOCK], stream=True):
        choice = chunk.choices[0]
        finish = choice.finish_reason or finish
        for delta in choice.delta.tool_calls or []:
            call = calls.setdefault(delta.index, {"id": None, "name": "", "arguments": ""})
            call["id"] = delta.id or call["id"]
            call["name"] += delta.function.name or "" if delta.function else ""
            call["arguments"] += delta.function.arguments or "" if delta.function else ""
    assert finish == "tool_calls", finish
    assert [calls[n]["name"] for n in (0, 1)] == ["get_weather", "get_time"], calls
    assert len({c["id"] for c in calls.values()}) == 2
    assert [json.loads(calls[n]["arguments"]) for n in (0, 1)] == [{"city": TOOLS["city"]}, {}], calls
    messages.append({"role": "assistant", "tool_calls": [
        {"id": c["id"], "type": "function", "function": {"name": c["name"], "arguments": c["arguments"]}}
        for c in calls.values()
    ]})
    messages += [{"role": "tool", "tool_call_id": c["id"], "content": "fine"} for c in calls.values()]
    chunks = client.chat.completions.create(
        model=model(backend), messages=messages, tools=[WEATHER, CLOCK], stream=True
    )
    assert "fine" in "".join(c.choices[0].delta.content or "" for c in chunks)


@case("tools.preface")
def preface(backend):
    """Text before the calls, whole and streamed."""
    first = ask(backend, TOOLS["one"], "preface", tools=[WEATHER])
    # Cohere's plan is reasoning.
    told = first.choices[0].message.content or getattr(first.choices[0].message, "reasoning_content", None)
    assert told and first.choices[0].message.tool_calls, first
    with client.chat.completions.stream(
        model=model(backend, "preface"), messages=user(TOOLS["one"]), tools=[WEATHER]
    ) as events:
        final = events.until_done().get_final_completion()
    message = final.choices[0].message
    assert told in (message.content, getattr(message, "reasoning_content", None)), final
    assert final.choices[0].message.tool_calls[0].function.arguments, final


@case("tools.no_arguments")
def no_arguments(backend):
    for parameters in ({}, {"parameters": {"type": "object", "properties": {}}}):
        bare = {"type": "function", "function": {"name": "get_time", **parameters}}
        answer = ask(backend, TOOLS["no_arguments"], tools=[bare])
        call = answer.choices[0].message.tool_calls[0]
        assert json.loads(call.function.arguments) == {}, call
        messages = [
            *user(TOOLS["no_arguments"]),
            # Some callers say nothing where there are no arguments.
            {"role": "assistant", "content": None, "tool_calls": [
                {"id": call.id, "type": "function", "function": {"name": "get_time", "arguments": ""}}]},
            {"role": "tool", "tool_call_id": call.id, "content": [{"type": "text", "text": "noon"}]},
        ]
        second = client.chat.completions.create(model=model(backend), messages=messages, tools=[bare])
        assert "noon" in second.choices[0].message.content, second


@case("tools.forced")
def forced(backend):
    named = {"type": "function", "function": {"name": "get_time"}}
    for choice in ("required", named):
        try:
            answer = ask(backend, "hello", tools=[WEATHER, CLOCK], tool_choice=choice)
        except openai.BadRequestError as error:
            # A target without a choice of one function says so.
            assert backend == "cohere" and choice is named and error.code == "unsupported_parameter", error
            continue
        assert answer.choices[0].message.tool_calls, answer
        assert choice == "required" or answer.choices[0].message.tool_calls[0].function.name == "get_time", answer
    answer = ask(backend, "hello", tools=[WEATHER], tool_choice="none")
    assert not answer.choices[0].message.tool_calls and answer.choices[0].message.content, answer


@case("tools.strict_parsed")
def strict_tools(backend):
    class GetWeather(BaseModel):
        city: str

    answer = client.chat.completions.parse(
        model=model(backend), messages=user("Call GetWeather"), tools=[openai.pydantic_function_tool(GetWeather)]
    )
    assert answer.choices[0].message.tool_calls[0].function.parsed_arguments.city == TOOLS["city"], answer


@case("image.inline")
def image(backend):
    url = f"data:{IMAGE['media_type']};base64,{IMAGE['base64']}"
    content = [{"type": "text", "text": IMAGE["user"]}, {"type": "image_url", "image_url": {"url": url, "detail": "low"}}]
    assert ask(backend, content).choices[0].message.content == IMAGE["answer"]
    text = "".join(c.choices[0].delta.content or "" for c in ask(backend, content, stream=True))
    assert text == IMAGE["answer"], text


@case("image.url")
def image_url(backend):
    content = [{"type": "text", "text": IMAGE["user"]}, {"type": "image_url", "image_url": {"url": IMAGE["url"]}}]
    try:
        answer = ask(backend, content)
    except openai.BadRequestError as error:
        assert backend in ("converse", "gemini") and error.code == "unsupported_parameter", error
        return
    assert "I see 1 image" in answer.choices[0].message.content, answer


@case("schema.response_format")
def schema(backend):
    form = {
        "type": "json_schema",
        "json_schema": {"name": SCHEMA["name"], "schema": SCHEMA["schema"], "strict": True},
    }
    answer = ask(backend, SCHEMA["user"], response_format=form)
    assert json.loads(answer.choices[0].message.content) == SCHEMA["answer"], answer
    text = "".join(c.choices[0].delta.content or "" for c in ask(backend, SCHEMA["user"], response_format=form, stream=True))
    assert json.loads(text) == SCHEMA["answer"], text


class Person(BaseModel):
    name: str
    age: int
    tags: list[str]


@case("schema.parsed")
def parsed(backend):
    answer = client.chat.completions.parse(model=model(backend), messages=user(SCHEMA["user"]), response_format=Person)
    assert answer.choices[0].message.parsed == Person(**SCHEMA["answer"]), answer
    with client.chat.completions.stream(
        model=model(backend), messages=user(SCHEMA["user"]), response_format=Person
    ) as events:
        final = events.until_done().get_final_completion()
    assert final.choices[0].message.parsed == Person(**SCHEMA["answer"]), final


@case("schema.json_mode")
def json_mode(backend):
    raw = client.chat.completions.with_raw_response.create(
        model=model(backend), messages=user("Say it as JSON"), response_format={"type": "json_object"}
    )
    if backend in ("anthropic", "converse"):
        assert "response_format" in raw.headers["x-gatewright-dropped"], "these know schemas only, and that is said"
    else:
        json.loads(raw.parse().choices[0].message.content)


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
    if expected["status"] == 429:
        assert int(error.response.headers["retry-after"]) >= 1, dict(error.response.headers)
    if expected["name"] == "upstream_limit":
        assert expected["model"].startswith("limited") and error.response.headers["retry-after"] in ("7", "1")


def plain_call(name, key):
    return client.with_options(api_key=key).chat.completions.create(model=name, messages=user("hi"), max_tokens=64)


error_cases(plain_call, check)


@case("errors.malformed")
def malformed(backend):
    for wrong, param in (("no list", "messages"), ([], None), ([{"role": "user", "content": 5}], None)):
        try:
            client.chat.completions.create(model=model(backend), messages=wrong)
        except openai.BadRequestError as error:
            assert error.body["message"], error.body
            assert param is None or error.param == param, error.body
        else:
            raise AssertionError(f"{wrong!r} was taken")


@case("errors.streamed")
def streamed_errors(backend):
    for alias, kind in (("limited", openai.RateLimitError), ("broken", openai.InternalServerError)):
        try:
            ask(backend, "hi", alias, stream=True, max_tokens=5)
        except kind:
            continue
        raise AssertionError(f"{alias} did not raise {kind}")


@case("errors.retried")
def retried(backend):
    for status in (429, 503):
        fail_next(backend, status)
        patient = client.with_options(max_retries=1)
        answer = patient.chat.completions.create(model=model(backend, "flaky"), messages=user("hi"))
        assert answer.choices[0].message.content == said("hi")


@case("more.embeddings", only=["openai"])
def embeddings(backend):
    answer = client.embeddings.create(model="embedder", input=["one", "two"])
    assert len(answer.data) == 2 and len(answer.data[0].embedding) > 8 and answer.usage.prompt_tokens > 0
    assert last_request()["body"].find("base64") > 0, "the SDK's own default"
    floats = client.embeddings.create(model="embedder", input="one", encoding_format="float")
    assert all(abs(a - b) < 1e-5 for a, b in zip(floats.data[0].embedding, answer.data[0].embedding))
    short = client.embeddings.create(model="embedder", input=[[1, 2, 3]], dimensions=16)
    assert len(short.data[0].embedding) == 16


@case("more.completions")
def completions(backend):
    """The legacy endpoint."""
    answer = client.completions.create(model=model(backend), prompt="Once upon a time", max_tokens=32)
    assert answer.object == "text_completion" and answer.choices[0].text, answer
    assert answer.usage.completion_tokens > 0
    pieces = [c.choices[0].text for c in client.completions.create(
        model=model(backend), prompt="Once upon a time", max_tokens=32, stream=True) if c.choices]
    assert "".join(pieces) == answer.choices[0].text


@case("more.models")
def models(backend):
    names = [m.id for m in client.models.list()]
    assert model(backend) in names and "forbidden" not in names, names
    assert client.models.retrieve(model(backend)).id == model(backend)


@case("more.azure")
def azure(backend):
    """Azure's client: the deployment in the path, `api-key`, `api-version`."""
    there = openai.AzureOpenAI(azure_endpoint=GATEWAY, api_key=KEY, api_version="2024-10-21", max_retries=0)
    answer = there.chat.completions.create(model=model(backend), messages=user(TEXT["plain"]))
    assert answer.choices[0].message.content == said(TEXT["plain"])


run()
