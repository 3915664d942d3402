"""Google's Gen AI SDK for Python: generateContent and its stream, chats, automatic function calling."""

import asyncio
import base64
import json

from google import genai
from google.genai import errors, types
from google.oauth2.credentials import Credentials
from kit import (
    DATA, GATEWAY, KEY, MODEL, case, emulator, error_cases, fail_next, last_request, long_text, model, run, said,
    streams_are_closed,
)
from pydantic import BaseModel


def connect(key=KEY, attempts=1):
    retry = types.HttpRetryOptions(attempts=attempts, initial_delay=0.01, max_delay=0.1)
    return genai.Client(api_key=key, http_options=types.HttpOptions(base_url=GATEWAY, retry_options=retry))


client = connect()
TEXT, TOOLS, IMAGE, SCHEMA = DATA["text"], DATA["tools"], DATA["image"], DATA["schema"]


def function(tool):
    # The SDK's own schema type knows fewer words than JSON Schema.
    return types.FunctionDeclaration(
        name=tool["name"], description=tool["description"], parameters_json_schema=tool["schema"]
    )


WEATHER = types.Tool(function_declarations=[function(TOOLS["weather"])])
BOTH = types.Tool(function_declarations=[function(TOOLS["weather"]), function(TOOLS["clock"])])


def ask(backend, contents, alias="on", **config):
    return client.models.generate_content(
        model=model(backend, alias), contents=contents, config=types.GenerateContentConfig(**config)
    )


def ask_stream(backend, contents, alias="on", **config):
    return client.models.generate_content_stream(
        model=model(backend, alias), contents=contents, config=types.GenerateContentConfig(**config)
    )


@case("text.plain")
def plain(backend):
    answer = ask(backend, TEXT["plain"], max_output_tokens=64)
    assert MODEL or answer.text == said(TEXT["plain"]), answer
    candidate = answer.candidates[0]
    assert candidate.content.role == "model", answer
    assert candidate.finish_reason in (types.FinishReason.STOP, types.FinishReason.MAX_TOKENS), answer
    usage = answer.usage_metadata
    assert usage.prompt_token_count > 0 and usage.candidates_token_count > 0, usage
    assert usage.total_token_count >= usage.prompt_token_count + usage.candidates_token_count, usage
    assert answer.response_id and answer.model_version, answer


@case("text.roles")
def roles(backend):
    contents = [
        types.Content(role="user", parts=[types.Part(text="one")]),
        types.Content(role="model", parts=[types.Part(text="two")]),
        types.Content(role="user", parts=[types.Part(text=TEXT["unicode"])]),
    ]
    answer = ask(backend, contents, system_instruction=TEXT["system"])
    assert answer.text == said(TEXT["unicode"]), answer
    assert TEXT["system"] in json.dumps(last_request()["body"])


@case("text.long")
def long(backend):
    assert long_text()[:3000] in ask(backend, long_text()).text


@case("text.stop")
def stop(backend):
    if backend == "responses":  # it has none
        return
    answer = ask(backend, TEXT["stop"]["user"], stop_sequences=[TEXT["stop"]["sequence"]])
    assert answer.text.rstrip() == TEXT["stop"]["answer"].rstrip(), answer
    assert answer.candidates[0].finish_reason == types.FinishReason.STOP, answer


@case("text.length")
def length(backend):
    answer = ask(backend, TEXT["short"]["user"], max_output_tokens=16)
    assert answer.candidates[0].finish_reason == types.FinishReason.MAX_TOKENS, answer


@case("text.sampling")
def sampling(backend):
    answer = ask(backend, TEXT["plain"], temperature=0.5, top_p=0.9, top_k=5, seed=7)
    assert answer.text == said(TEXT["plain"]), answer


@case("text.thinking")
def thinking(backend):
    config = {"max_output_tokens": 4000, "thinking_config": types.ThinkingConfig(include_thoughts=True, thinking_budget=1024)}
    answer = ask(backend, TEXT["plain"], **config)
    assert answer.text == said(TEXT["plain"]), answer
    contents = [TEXT["plain"], answer.candidates[0].content, "again"]
    assert ask(backend, contents, **config).text == said("again")
    text = "".join(chunk.text or "" for chunk in ask_stream(backend, TEXT["plain"], **config))
    assert text == said(TEXT["plain"]), text


@case("text.chat")
def chat(backend):
    """The SDK's own conversation, whole and streamed."""
    talk = client.chats.create(model=model(backend))
    assert talk.send_message("one").text == said("one")
    assert "".join(c.text for c in talk.send_message_stream("two") if c.text) == said("two")
    assert talk.send_message("three").text == said("three")


@case("text.concurrent")
async def concurrent(backend):
    many = connect()

    async def one(n):
        answer = await many.aio.models.generate_content(model=model(backend), contents=f"number {n}")
        assert answer.text == said(f"number {n}")

    async def streamed(n):
        text = ""
        async for chunk in await many.aio.models.generate_content_stream(model=model(backend), contents=f"stream {n}"):
            text += chunk.text or ""
        assert text == said(f"stream {n}"), text

    await asyncio.gather(*(f(n) for n in range(8) for f in (one, streamed)))
    await many.aio.aclose()


@case("stream.plain")
def stream(backend):
    chunks = list(ask_stream(backend, TEXT["plain"], max_output_tokens=64))
    text = "".join(chunk.text or "" for chunk in chunks)
    assert MODEL or text == said(TEXT["plain"]), text
    assert chunks[-1].candidates[0].finish_reason, chunks[-1]
    usage = chunks[-1].usage_metadata
    assert usage.prompt_token_count > 0 and usage.candidates_token_count > 0, usage
    if not MODEL:
        whole = ask(backend, TEXT["plain"]).usage_metadata
        assert usage.total_token_count == whole.total_token_count, (usage, whole)


@case("stream.cut")
def cut(backend):
    for alias in ("cut", "failing-stream"):
        try:
            for _ in ask_stream(backend, "hi there", alias, max_output_tokens=64):
                pass
        except errors.APIError as error:
            assert error.message, error
        else:
            raise AssertionError(f"{alias}: it ended cleanly")


@case("stream.cancel")
def cancel(backend):
    stream = ask_stream(backend, "Tell a long story " * 20, "slow", max_output_tokens=4000)
    for count, _ in enumerate(stream):
        if count == 3:
            break
    stream.close()
    del stream
    assert streams_are_closed(), emulator("GET", "/emulator/stats")


@case("tools.round_trip")
def tools(backend):
    contents = [types.Content(role="user", parts=[types.Part(text=TOOLS["one"])])]
    first = ask(backend, contents, tools=[WEATHER])
    call = first.function_calls[0]
    assert call.name == "get_weather" and call.args == {"city": TOOLS["city"]}, first
    contents += [
        first.candidates[0].content,
        types.Content(role="user", parts=[types.Part(function_response=types.FunctionResponse(
            id=call.id, name=call.name, response={"result": TOOLS["result"]}))]),
    ]
    second = ask(backend, contents, tools=[WEATHER])
    assert second.text == TOOLS["final"], second
    contents += [second.candidates[0].content, types.Content(role="user", parts=[types.Part(text="thanks")])]
    none = types.ToolConfig(function_calling_config=types.FunctionCallingConfig(mode="NONE"))
    if backend != "converse":  # it cannot forbid calls
        assert ask(backend, contents, tools=[WEATHER], tool_config=none).text == said("thanks")


@case("tools.parallel")
def parallel(backend):
    """Whole and streamed; answers without ids, as older callers send them."""
    for take in (ask, ask_stream):
        contents = [types.Content(role="user", parts=[types.Part(text=TOOLS["parallel"])])]
        answer = take(backend, contents, tools=[BOTH])
        chunks = [answer] if take is ask else list(answer)
        parts = [p for c in chunks for p in (c.candidates[0].content.parts if c.candidates[0].content else None) or []]
        calls = [p.function_call for p in parts if p.function_call]
        assert [c.name for c in calls] == ["get_weather", "get_time"], calls
        assert calls[0].args == {"city": TOOLS["city"]} and not calls[1].args, calls
        contents += [
            types.Content(role="model", parts=parts),
            types.Content(role="user", parts=[types.Part.from_function_response(
                name=c.name, response={"result": f"of {c.name}"}) for c in calls]),
        ]
        text = ask(backend, contents, tools=[BOTH]).text
        assert "of get_weather" in text and "of get_time" in text, text


@case("tools.automatic")
def automatic(backend):
    """The SDK calls the function by itself and goes on."""
    asked = []

    def get_weather(city: str) -> str:
        """The weather in a city."""
        asked.append(city)
        return "sunny"

    answer = ask(backend, TOOLS["one"], tools=[get_weather])
    assert asked == [TOOLS["city"]] and "sunny" in answer.text, (asked, answer)
    text = "".join(chunk.text or "" for chunk in ask_stream(backend, TOOLS["one"], tools=[get_weather]))
    assert "sunny" in text, text


@case("tools.forced")
def forced(backend):
    for names in (None, ["get_time"]):
        choice = types.FunctionCallingConfig(mode="ANY", allowed_function_names=names)
        try:
            answer = ask(backend, "hello", tools=[BOTH], tool_config=types.ToolConfig(function_calling_config=choice))
        except errors.ClientError as error:
            assert backend == "cohere" and names and error.details["error"]["details"][0]["reason"] == "unsupported_parameter"
            continue
        assert answer.function_calls, answer
        assert not names or answer.function_calls[0].name == "get_time", answer


@case("image.inline")
def image(backend):
    part = types.Part.from_bytes(data=base64.b64decode(IMAGE["base64"]), mime_type=IMAGE["media_type"])
    assert ask(backend, [part, IMAGE["user"]]).text == IMAGE["answer"]


@case("image.url")
def image_url(backend):
    part = types.Part.from_uri(file_uri=IMAGE["url"], mime_type=IMAGE["media_type"])
    try:
        answer = ask(backend, [part, IMAGE["user"]])
    except errors.ClientError as error:
        assert backend == "converse", error
        assert error.details["error"]["details"][0]["reason"] == "unsupported_parameter", error
        return
    assert "I see 1 image" in answer.text, answer


class Person(BaseModel):
    name: str
    age: int
    tags: list[str]


@case("schema.pydantic")
def schema(backend):
    answer = ask(backend, SCHEMA["user"], response_mime_type="application/json", response_schema=Person)
    assert answer.parsed == Person(**SCHEMA["answer"]), answer
    chunks = ask_stream(backend, SCHEMA["user"], response_mime_type="application/json", response_schema=Person)
    assert json.loads("".join(chunk.text or "" for chunk in chunks)) == SCHEMA["answer"]


@case("schema.json_schema")
def json_schema(backend):
    answer = ask(backend, SCHEMA["user"], response_mime_type="application/json", response_json_schema=SCHEMA["schema"])
    assert json.loads(answer.text) == SCHEMA["answer"], answer


STATUS = {
    400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 402: None, 403: "PERMISSION_DENIED", 404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED", 502: None, 504: "DEADLINE_EXCEEDED",
}


def check(error, expected):
    status = expected["status"]
    assert type(error) is (errors.ClientError if status < 500 else errors.ServerError), type(error)
    assert error.code == status and error.message, error
    assert STATUS[status] in (None, error.status), error.status
    assert error.response.headers["x-gatewright-error"] == expected["code"], error.response.headers
    if expected["name"] not in ("bad_request", "upstream_limit"):
        assert error.details["error"]["details"][0]["reason"] == expected["code"], error.details


def plain_call(name, key):
    with connect(key) as there:
        return there.models.generate_content(model=name, contents="hi")


error_cases(plain_call, check)


@case("errors.streamed")
def streamed_errors(backend):
    for alias, kind, code in (("limited", errors.ClientError, 429), ("broken", errors.ServerError, 502)):
        try:
            list(ask_stream(backend, "hi", alias))
        except kind as error:
            assert error.code == code and error.message, error
        else:
            raise AssertionError(alias)


@case("errors.retried")
def retried(backend):
    fail_next(backend)
    with connect(attempts=2) as patient:
        answer = patient.models.generate_content(model=model(backend, "flaky"), contents="hi")
    assert answer.text == said("hi")


@case("more.vertex")
def vertex(backend):
    """The same SDK set to Vertex AI, with a key and with a token."""
    options = types.HttpOptions(base_url=GATEWAY)
    token = Credentials(KEY)
    for google in (
        genai.Client(vertexai=True, api_key=KEY, http_options=options),
        genai.Client(vertexai=True, project="p", location="global", credentials=token, http_options=options),
    ):
        assert google.models.generate_content(model=model(backend), contents="hi").text == said("hi")
        chunks = google.models.generate_content_stream(model=model(backend), contents="hi")
        assert "".join(chunk.text or "" for chunk in chunks) == said("hi")


@case("more.versions")
def versions(backend):
    """Both versions of the API, and the direct name of a model with its slash."""
    for version in ("v1", "v1beta"):
        there = genai.Client(api_key=KEY, http_options=types.HttpOptions(base_url=GATEWAY, api_version=version))
        for name in (model(backend), f"up-{backend}/chat-model"):
            assert there.models.generate_content(model=name, contents="hi").text == said("hi")


@case("more.models")
def models(backend):
    names = [m.name for m in client.models.list()]
    assert f"models/{model(backend)}" in names and "models/forbidden" not in names, names
    assert client.models.get(model=model(backend)).name == f"models/{model(backend)}"


run()
