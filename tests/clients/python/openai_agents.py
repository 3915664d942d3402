"""OpenAI's Agents SDK, over responses (its default) and over chat completions."""

import openai
from agents import (
    Agent, OpenAIChatCompletionsModel, OpenAIResponsesModel, Runner, function_tool, handoff, set_tracing_disabled,
)
from kit import DATA, GATEWAY, KEY, case, error_cases, model, run, said
from pydantic import BaseModel

# It would send its traces to OpenAI.
set_tracing_disabled(True)
TEXT, TOOLS, IMAGE, SCHEMA = DATA["text"], DATA["tools"], DATA["image"], DATA["schema"]


class Person(BaseModel):
    name: str
    age: int
    tags: list[str]


def register(family, kind):
    def on(name, key=KEY):
        client = openai.AsyncOpenAI(base_url=GATEWAY + "/v1", api_key=key, max_retries=0)
        return kind(model=name, openai_client=client)

    def agent(backend, alias="on", **more):
        return Agent(name="Tester", instructions=TEXT["system"], model=on(model(backend, alias)), **more)

    @case(f"text.plain.{family}")
    async def plain(backend):
        done = await Runner.run(agent(backend), TEXT["unicode"])
        assert done.final_output == said(TEXT["unicode"]), done
        usage = done.context_wrapper.usage
        assert usage.input_tokens > 0 and usage.output_tokens > 0, usage

    @case(f"text.history.{family}")
    async def history(backend):
        first = await Runner.run(agent(backend), "one")
        second = await Runner.run(agent(backend), first.to_input_list() + [{"role": "user", "content": "two"}])
        assert second.final_output == said("two"), second

    @case(f"stream.plain.{family}")
    async def stream(backend):
        result = Runner.run_streamed(agent(backend), TEXT["plain"])
        pieces = []
        async for event in result.stream_events():
            if event.type == "raw_response_event" and event.data.type == "response.output_text.delta":
                pieces.append(event.data.delta)
        assert "".join(pieces) == said(TEXT["plain"]) == result.final_output, pieces

    @case(f"stream.cut.{family}")
    async def cut(backend):
        for alias in ("cut", "failing-stream"):
            try:
                result = Runner.run_streamed(agent(backend, alias), "hi there")
                async for _ in result.stream_events():
                    pass
            except Exception:  # of the SDK below or its own
                continue
            raise AssertionError(f"{alias}: it ended cleanly")

    @case(f"tools.round_trip.{family}")
    async def tools(backend):
        asked = []

        @function_tool
        def get_weather(city: str) -> str:
            """The weather in a city."""
            asked.append(city)
            return TOOLS["result"]

        done = await Runner.run(agent(backend, tools=[get_weather]), TOOLS["one"])
        assert asked == [TOOLS["city"]] and done.final_output == TOOLS["final"], (asked, done)

    @case(f"tools.streamed.{family}")
    async def streamed(backend):
        @function_tool
        def get_weather(city: str) -> str:
            """The weather in a city."""
            return "sunny"

        @function_tool
        def get_time() -> str:
            """The time of day."""
            return "noon"

        result = Runner.run_streamed(agent(backend, tools=[get_weather, get_time]), TOOLS["parallel"])
        async for _ in result.stream_events():
            pass
        assert "sunny" in result.final_output and "noon" in result.final_output, result.final_output

    @case(f"tools.handoff.{family}")
    async def hand_over(backend):
        other = Agent(name="Other", instructions="You are the other.", model=on(model(backend)))
        done = await Runner.run(agent(backend, handoffs=[handoff(other)]), "Call transfer_to_other")
        assert done.last_agent.name == "Other", done

    @case(f"image.inline.{family}")
    async def image(backend):
        url = f"data:{IMAGE['media_type']};base64,{IMAGE['base64']}"
        content = [{"type": "input_text", "text": IMAGE["user"]}, {"type": "input_image", "image_url": url, "detail": "auto"}]
        done = await Runner.run(agent(backend), [{"role": "user", "content": content}])
        assert done.final_output == IMAGE["answer"], done

    @case(f"schema.output.{family}")
    async def schema(backend):
        done = await Runner.run(agent(backend, output_type=Person), SCHEMA["user"])
        assert done.final_output == Person(**SCHEMA["answer"]), done

    kinds = {
        400: openai.BadRequestError, 401: openai.AuthenticationError, 402: openai.APIStatusError,
        403: openai.PermissionDeniedError, 404: openai.NotFoundError, 429: openai.RateLimitError,
        502: openai.InternalServerError, 504: openai.InternalServerError,
    }

    def check(error, expected):
        assert type(error) is kinds[expected["status"]], type(error)
        assert error.response.headers["x-gatewright-error"] == expected["code"], dict(error.response.headers)

    async def call(name, key):
        return await Runner.run(Agent(name="Tester", model=on(name, key)), "hi")

    error_cases(call, check, suffix=f".{family}")


register("responses", OpenAIResponsesModel)
register("chat", OpenAIChatCompletionsModel)

run()
