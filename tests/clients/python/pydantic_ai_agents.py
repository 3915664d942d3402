"""Pydantic AI's agents over the providers of OpenAI (chat and responses), Anthropic and Google."""

import base64

from kit import DATA, GATEWAY, KEY, case, error_cases, model, run, said
from pydantic import BaseModel
from pydantic_ai import Agent, BinaryContent, NativeOutput, ToolOutput
from pydantic_ai.exceptions import ModelHTTPError
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.google import GoogleModel
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.google import GoogleProvider
from pydantic_ai.providers.openai import OpenAIProvider

TEXT, TOOLS, IMAGE, SCHEMA = DATA["text"], DATA["tools"], DATA["image"], DATA["schema"]


def openai_provider(key):
    import openai

    client = openai.AsyncOpenAI(base_url=GATEWAY + "/v1", api_key=key, max_retries=0)
    return OpenAIProvider(openai_client=client)


def anthropic_provider(key):
    import anthropic

    client = anthropic.AsyncAnthropic(base_url=GATEWAY, api_key=key, max_retries=0)
    return AnthropicProvider(anthropic_client=client)


FAMILIES = {
    "chat": lambda name, key=KEY: OpenAIChatModel(name, provider=openai_provider(key)),
    "responses": lambda name, key=KEY: OpenAIResponsesModel(name, provider=openai_provider(key)),
    "anthropic": lambda name, key=KEY: AnthropicModel(name, provider=anthropic_provider(key)),
    "google": lambda name, key=KEY: GoogleModel(name, provider=GoogleProvider(api_key=key, base_url=GATEWAY)),
}


class Person(BaseModel):
    name: str
    age: int
    tags: list[str]


def register(family, make):
    def agent(backend, alias="on", **more):
        return Agent(make(model(backend, alias)), **more)

    @case(f"text.plain.{family}")
    async def plain(backend):
        done = await agent(backend, system_prompt=TEXT["system"]).run(TEXT["unicode"])
        assert done.output == said(TEXT["unicode"]), done
        usage = done.usage() if callable(done.usage) else done.usage
        assert usage.input_tokens > 0 and usage.output_tokens > 0, usage

    @case(f"text.history.{family}")
    async def history(backend):
        talk = agent(backend)
        first = await talk.run("one")
        second = await talk.run("two", message_history=first.all_messages())
        assert second.output == said("two"), second

    @case(f"stream.plain.{family}")
    async def stream(backend):
        async with agent(backend).run_stream(TEXT["plain"]) as result:
            pieces = [piece async for piece in result.stream_text(delta=True, debounce_by=None)]
        assert "".join(pieces) == said(TEXT["plain"]), pieces

    @case(f"stream.cut.{family}")
    async def cut(backend):
        for alias in ("cut", "failing-stream"):
            try:
                async with agent(backend, alias).run_stream("hi there") as result:
                    async for _ in result.stream_text(delta=True, debounce_by=None):
                        pass
            except Exception:  # whatever it wraps it in
                continue
            raise AssertionError(f"{alias}: it ended cleanly")

    @case(f"tools.round_trip.{family}")
    async def tools(backend):
        asked = []
        worker = agent(backend)

        @worker.tool_plain
        def get_weather(city: str) -> str:
            """The weather in a city."""
            asked.append(city)
            return TOOLS["result"]

        done = await worker.run(TOOLS["one"])
        # To Google it sends an object with the result in it.
        assert asked == [TOOLS["city"]] and "sunny, 21 degrees" in done.output, (asked, done)

    @case(f"tools.streamed.{family}")
    async def streamed(backend):
        asked = []
        worker = agent(backend)

        @worker.tool_plain
        def get_weather(city: str) -> str:
            """The weather in a city."""
            asked.append(city)
            return "sunny"

        @worker.tool_plain
        def get_time() -> str:
            """The time of day."""
            asked.append("time")
            return "noon"

        async with worker.run_stream(TOOLS["parallel"]) as result:
            text = "".join([piece async for piece in result.stream_text(delta=True, debounce_by=None)])
        assert sorted(asked) == [TOOLS["city"], "time"] and "sunny" in text and "noon" in text, (asked, text)

    @case(f"image.inline.{family}")
    async def image(backend):
        picture = BinaryContent(data=base64.b64decode(IMAGE["base64"]), media_type=IMAGE["media_type"])
        done = await agent(backend).run([IMAGE["user"], picture])
        assert done.output == IMAGE["answer"], done

    @case(f"schema.output.{family}")
    async def schema(backend):
        # The other way is for Anthropic's models that it knows by name.
        for kind in (ToolOutput(Person),) if family == "anthropic" else (ToolOutput(Person), NativeOutput(Person)):
            done = await agent(backend, output_type=kind).run(SCHEMA["user"])
            assert done.output == Person(**SCHEMA["answer"]), (kind, done)

    def check(error, expected):
        assert isinstance(error, ModelHTTPError), type(error)
        assert error.status_code == expected["status"], error.status_code

    async def call(name, key):
        return await Agent(make(name, key), retries=0).run("hi")

    error_cases(call, check, suffix=f".{family}")


for name, make in FAMILIES.items():
    register(name, make)

run()
