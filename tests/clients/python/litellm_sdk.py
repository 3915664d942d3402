"""LiteLLM's SDK with the prefixes that lead to a gateway: litellm_proxy/ (paths without /v1), openai/, anthropic/."""

import json
import os

# It would fetch its prices from the network.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

import litellm  # noqa: E402
from kit import (
    DATA, GATEWAY, KEY, case, error_cases, fail_next, function, model, run, said, user,
)
from pydantic import BaseModel

litellm.suppress_debug_info = True
litellm.telemetry = False
TEXT, TOOLS, IMAGE, SCHEMA = DATA["text"], DATA["tools"], DATA["image"], DATA["schema"]
FAMILIES = {"litellm_proxy": GATEWAY, "openai": GATEWAY + "/v1", "anthropic": GATEWAY}


WEATHER, CLOCK = function(TOOLS["weather"]), function(TOOLS["clock"])


class Person(BaseModel):
    name: str
    age: int
    tags: list[str]


def register(family, base):
    def ask(backend, messages, alias="on", **more):
        messages = messages if isinstance(messages, list) else user(messages)
        return call(model(backend, alias), KEY, messages, **more)

    def call(name, key, messages, num_retries=0, **more):
        return litellm.completion(
            model=f"{family}/{name}", api_base=base, api_key=key, messages=messages, num_retries=num_retries,
            max_retries=0, **more,
        )

    @case(f"text.plain.{family}")
    def plain(backend):
        answer = ask(backend, [{"role": "system", "content": TEXT["system"]}, *user(TEXT["unicode"])])
        assert answer.choices[0].message.content == said(TEXT["unicode"]), answer
        assert answer.usage.prompt_tokens > 0 and answer.usage.completion_tokens > 0, answer.usage

    @case(f"text.length.{family}")
    def length(backend):
        assert ask(backend, TEXT["short"]["user"], max_tokens=16).choices[0].finish_reason == "length"

    @case(f"stream.plain.{family}")
    def stream(backend):
        chunks = list(ask(backend, TEXT["plain"], stream=True, stream_options={"include_usage": True}))
        text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
        assert text == said(TEXT["plain"]), text
        assert any(getattr(c, "usage", None) for c in chunks), chunks[-1]

    @case(f"stream.async.{family}")
    async def astream(backend):
        text = ""
        async for chunk in await litellm.acompletion(
            model=f"{family}/{model(backend)}", api_base=base, api_key=KEY, messages=user("hi"), stream=True
        ):
            text += chunk.choices[0].delta.content or ""
        assert text == said("hi"), text

    @case(f"stream.cut.{family}")
    def cut(backend):
        for alias in ("cut", "failing-stream"):
            try:
                for _ in ask(backend, "hi there", alias, stream=True):
                    pass
            except Exception:  # whatever it makes of it
                continue
            raise AssertionError(f"{alias}: it ended cleanly")

    @case(f"tools.round_trip.{family}")
    def tools(backend):
        for stream in (False, True):
            turns = user(TOOLS["parallel"])
            answer = ask(backend, turns, tools=[WEATHER, CLOCK], stream=stream)
            if stream:
                answer = litellm.stream_chunk_builder(list(answer), messages=turns)
            calls = answer.choices[0].message.tool_calls
            made = [(c.function.name, json.loads(c.function.arguments or "{}")) for c in calls]
            assert made == [("get_weather", {"city": TOOLS["city"]}), ("get_time", {})], made
            turns.append(answer.choices[0].message.model_dump(exclude_none=True))
            turns += [{"role": "tool", "tool_call_id": c.id, "name": c.function.name, "content": "fine"} for c in calls]
            answer = ask(backend, turns, tools=[WEATHER, CLOCK])
            assert "fine" in answer.choices[0].message.content, answer

    @case(f"image.inline.{family}")
    def image(backend):
        url = f"data:{IMAGE['media_type']};base64,{IMAGE['base64']}"
        content = [{"type": "text", "text": IMAGE["user"]}, {"type": "image_url", "image_url": {"url": url}}]
        assert ask(backend, user(content)).choices[0].message.content == IMAGE["answer"]

    @case(f"schema.output.{family}")
    def schema(backend):
        if family == "anthropic" and backend == "cohere":
            return  # this prefix asks for one forced function, which Cohere cannot
        answer = ask(backend, SCHEMA["user"], response_format=Person)
        assert json.loads(answer.choices[0].message.content) == SCHEMA["answer"], answer

    kinds = {
        400: litellm.BadRequestError, 401: litellm.AuthenticationError, 402: Exception,
        403: (litellm.PermissionDeniedError, litellm.APIError), 404: litellm.NotFoundError, 429: litellm.RateLimitError,
        502: Exception, 504: litellm.Timeout,
    }

    def check(error, expected):
        assert isinstance(error, kinds[expected["status"]]), type(error)

    error_cases(lambda name, key: call(name, key, user("hi")), check, suffix=f".{family}")

    if family != "anthropic":  # with this prefix it does not try again
        @case(f"errors.retried.{family}")
        def retried(backend):
            fail_next(backend)
            assert ask(backend, "hi", "flaky", num_retries=1).choices[0].message.content == said("hi")


for name, base in FAMILIES.items():
    register(name, base)


@case("more.responses")
def responses(backend):
    answer = litellm.responses(model=f"openai/{model(backend)}", api_base=GATEWAY + "/v1", api_key=KEY, input=TEXT["plain"])
    assert answer.output[-1].content[0].text == said(TEXT["plain"]), answer


run()
