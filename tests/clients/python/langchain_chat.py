"""LangChain's OpenAI integration (chat and responses) and its Anthropic integration."""

import asyncio

import anthropic
import openai
from kit import DATA, GATEWAY, KEY, case, error_cases, fail_next, model, run, said, streams_are_closed
from langchain_anthropic import ChatAnthropic
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from pydantic import BaseModel

TEXT, TOOLS, IMAGE, SCHEMA = DATA["text"], DATA["tools"], DATA["image"], DATA["schema"]


def chat(name, key=KEY, retries=0):
    return ChatOpenAI(model=name, base_url=GATEWAY + "/v1", api_key=key, max_retries=retries, stream_usage=True)


def responses(name, key=KEY, retries=0):
    return ChatOpenAI(model=name, base_url=GATEWAY + "/v1", api_key=key, max_retries=retries, use_responses_api=True)


def messages(name, key=KEY, retries=0):
    return ChatAnthropic(model=name, base_url=GATEWAY, api_key=key, max_retries=retries, max_tokens=1000)


FAMILIES = {"chat": (chat, openai), "responses": (responses, openai), "anthropic": (messages, anthropic)}


@tool
def get_weather(city: str) -> str:
    """The weather in a city."""
    return TOOLS["result"]


@tool
def get_time() -> str:
    """The time of day."""
    return "noon"


class Person(BaseModel):
    """A person."""

    name: str
    age: int
    tags: list[str]


def text_of(message):
    return message.text if isinstance(message.text, str) else message.text()


def register(family, make, sdk):
    def on(backend, alias="on"):
        return make(model(backend, alias))

    @case(f"text.plain.{family}")
    def plain(backend):
        answer = on(backend).invoke([SystemMessage(TEXT["system"]), HumanMessage(TEXT["unicode"])])
        assert text_of(answer) == said(TEXT["unicode"]), answer
        assert answer.usage_metadata["input_tokens"] > 0 and answer.usage_metadata["output_tokens"] > 0, answer

    @case(f"text.batch.{family}")
    def batch(backend):
        answers = on(backend).batch([f"number {n}" for n in range(6)])
        assert [text_of(a) for a in answers] == [said(f"number {n}") for n in range(6)], answers

    @case(f"stream.plain.{family}")
    def stream(backend):
        chunks = list(on(backend).stream(TEXT["plain"]))
        assert "".join(text_of(c) for c in chunks) == said(TEXT["plain"]), chunks
        whole = sum(chunks[1:], chunks[0])
        assert whole.usage_metadata["output_tokens"] > 0, whole

    @case(f"stream.async.{family}")
    async def astream(backend):
        async def one(n):
            return "".join([text_of(c) async for c in on(backend).astream(f"stream {n}")])

        assert await asyncio.gather(*(one(n) for n in range(4))) == [said(f"stream {n}") for n in range(4)]

    @case(f"stream.cut.{family}")
    def cut(backend):
        for alias in ("cut", "failing-stream"):
            try:
                for _ in on(backend, alias).stream("hi there"):
                    pass
            except sdk.APIError:
                continue
            except Exception as error:  # the integration has classes of its own for some
                assert "rror" in type(error).__name__, error
                continue
            raise AssertionError(f"{alias}: it ended cleanly")

    @case(f"stream.cancel.{family}")
    def cancel(backend):
        stream = on(backend, "slow").stream("Tell a long story " * 20)
        for count, _ in enumerate(stream):
            if count == 4:
                break
        stream.close()
        assert streams_are_closed()

    @case(f"tools.round_trip.{family}")
    def tools(backend):
        bound = on(backend).bind_tools([get_weather, get_time])
        for ask in (bound.invoke, lambda turns: together(bound.stream(turns))):
            turns = [HumanMessage(TOOLS["parallel"])]
            first = ask(turns)
            assert [(c["name"], c["args"]) for c in first.tool_calls] == [
                ("get_weather", {"city": TOOLS["city"]}), ("get_time", {})], first
            turns += [first, *(ToolMessage("fine", tool_call_id=c["id"]) for c in first.tool_calls)]
            assert "fine" in text_of(ask(turns)), turns

    @case(f"tools.forced.{family}")
    def forced(backend):
        bound = on(backend).bind_tools([get_weather, get_time], tool_choice="any")
        assert bound.invoke("hello").tool_calls

    @case(f"image.inline.{family}")
    def image(backend):
        content = [
            {"type": "text", "text": IMAGE["user"]},
            {"type": "image", "source_type": "base64", "data": IMAGE["base64"], "mime_type": IMAGE["media_type"]},
        ]
        assert text_of(on(backend).invoke([HumanMessage(content=content)])) == IMAGE["answer"]

    @case(f"schema.output.{family}")
    def schema(backend):
        methods = {"chat": ["json_schema", "function_calling"], "responses": ["json_schema"]}
        for method in methods.get(family, ["json_schema", "function_calling"]):
            if method == "function_calling" and backend == "cohere":
                continue  # it cannot force one function
            answer = on(backend).with_structured_output(Person, method=method).invoke(SCHEMA["user"])
            assert answer == Person(**SCHEMA["answer"]), (method, answer)

    kinds = {
        400: sdk.BadRequestError, 401: sdk.AuthenticationError, 402: sdk.APIStatusError, 403: sdk.PermissionDeniedError,
        404: sdk.NotFoundError, 429: sdk.RateLimitError, 502: sdk.InternalServerError, 504: sdk.InternalServerError,
    }

    def check(error, expected):
        assert isinstance(error, kinds[expected["status"]]), type(error)
        assert error.status_code == expected["status"], error.status_code
        assert error.response.headers["x-gatewright-error"] == expected["code"], dict(error.response.headers)

    error_cases(lambda name, key: make(name, key).invoke("hi"), check, suffix=f".{family}")

    @case(f"errors.retried.{family}")
    def retried(backend):
        fail_next(backend)
        assert text_of(make(model(backend, "flaky"), retries=1).invoke("hi")) == said("hi")


def together(chunks):
    chunks = list(chunks)
    whole = sum(chunks[1:], chunks[0])
    return AIMessage(
        content=whole.content, tool_calls=whole.tool_calls, additional_kwargs=whole.additional_kwargs,
        response_metadata=whole.response_metadata,
    )


for name, (make, sdk) in FAMILIES.items():
    register(name, make, sdk)


@case("more.embeddings", only=["openai"])
def embeddings(backend):
    # Without the check it sends texts; with it token ids, for which it would fetch a vocabulary.
    made = OpenAIEmbeddings(model="embedder", base_url=GATEWAY + "/v1", api_key=KEY, check_embedding_ctx_length=False)
    assert len(made.embed_documents(["one", "two"])) == 2 and len(made.embed_query("one")) > 8


run()
