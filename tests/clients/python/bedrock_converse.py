"""boto3's client of Bedrock: Converse and ConverseStream, signed with the virtual key as id and secret."""

import base64
import json
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, EventStreamError
from kit import (
    DATA, GATEWAY, KEY, MODEL, case, emulator, error_cases, fail_next, last_request, long_text, model, run, said,
    streams_are_closed,
)


def connect(key=KEY, attempts=1):
    return boto3.client(
        "bedrock-runtime", endpoint_url=GATEWAY, region_name="us-east-1",
        aws_access_key_id=key, aws_secret_access_key=key,
        config=Config(retries={"total_max_attempts": attempts, "mode": "standard"}, max_pool_connections=20),
    )


client = connect()
TEXT, TOOLS, IMAGE, SCHEMA = DATA["text"], DATA["tools"], DATA["image"], DATA["schema"]


def spec(tool):
    return {"toolSpec": {
        "name": tool["name"], "description": tool["description"], "inputSchema": {"json": tool["schema"]}}}


WEATHER, BOTH = {"tools": [spec(TOOLS["weather"])]}, {"tools": [spec(TOOLS["weather"]), spec(TOOLS["clock"])]}


def user(*blocks):
    return [{"role": "user", "content": [{"text": b} if isinstance(b, str) else b for b in blocks]}]


def ask(backend, messages, alias="on", **more):
    messages = messages if isinstance(messages, list) else user(messages)
    return client.converse(modelId=model(backend, alias), messages=messages, **more)


def ask_stream(backend, messages, alias="on", **more):
    messages = messages if isinstance(messages, list) else user(messages)
    return client.converse_stream(modelId=model(backend, alias), messages=messages, **more)["stream"]


def text_of(answer):
    return "".join(block.get("text", "") for block in answer["output"]["message"]["content"])


def calls_of(answer):
    return [block["toolUse"] for block in answer["output"]["message"]["content"] if "toolUse" in block]


@case("text.plain")
def plain(backend):
    answer = ask(backend, TEXT["plain"], inferenceConfig={"maxTokens": 64})
    assert answer["output"]["message"]["role"] == "assistant", answer
    assert MODEL or text_of(answer) == said(TEXT["plain"]), answer
    assert answer["stopReason"] in ("end_turn", "max_tokens"), answer
    usage = answer["usage"]
    assert usage["inputTokens"] > 0 and usage["outputTokens"] > 0, usage
    parts = ["inputTokens", "cacheReadInputTokens", "cacheWriteInputTokens", "outputTokens"]
    assert usage["totalTokens"] == sum(usage.get(part, 0) for part in parts), usage
    assert answer["metrics"]["latencyMs"] >= 0, answer
    assert answer["ResponseMetadata"]["RequestId"], answer["ResponseMetadata"]


@case("text.roles")
def roles(backend):
    messages = [*user("one"), {"role": "assistant", "content": [{"text": "two"}]}, *user(TEXT["unicode"])]
    assert text_of(ask(backend, messages, system=[{"text": TEXT["system"]}])) == said(TEXT["unicode"])
    assert TEXT["system"] in json.dumps(last_request()["body"])


@case("text.long")
def long(backend):
    assert long_text()[:3000] in text_of(ask(backend, long_text()))


@case("text.stop")
def stop(backend):
    if backend == "responses":  # it has none
        return
    answer = ask(backend, TEXT["stop"]["user"], inferenceConfig={"stopSequences": [TEXT["stop"]["sequence"]]})
    assert text_of(answer).rstrip() == TEXT["stop"]["answer"].rstrip(), answer


@case("text.length")
def length(backend):
    answer = ask(backend, TEXT["short"]["user"], inferenceConfig={"maxTokens": 16})
    assert answer["stopReason"] == "max_tokens", answer


@case("text.sampling")
def sampling(backend):
    answer = ask(backend, TEXT["plain"], inferenceConfig={"temperature": 0.3, "topP": 0.9})
    assert text_of(answer) == said(TEXT["plain"]), answer


@case("text.concurrent")
def concurrent(backend):
    def one(n):
        assert text_of(ask(backend, f"number {n}")) == said(f"number {n}")

    def streamed(n):
        events = ask_stream(backend, f"stream {n}")
        text = "".join(e["contentBlockDelta"]["delta"]["text"] for e in events if "contentBlockDelta" in e)
        assert text == said(f"stream {n}"), text

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(f, n) for n in range(8) for f in (one, streamed)]:
            done.result()


@case("text.names")
def names(backend):
    """Models with a slash or a colon in their names come percent-encoded."""
    for name in (f"up-{backend}/chat-model", f"up-{backend}/anthropic.some-model-v1:0"):
        assert text_of(client.converse(modelId=name, messages=user("hi"))) == said("hi"), name


@case("stream.plain")
def stream(backend):
    events = list(ask_stream(backend, TEXT["plain"], inferenceConfig={"maxTokens": 64}))
    kinds = [next(iter(event)) for event in events]
    assert kinds[0] == "messageStart" and kinds[-2:] == ["messageStop", "metadata"], kinds
    text = "".join(e["contentBlockDelta"]["delta"].get("text", "") for e in events if "contentBlockDelta" in e)
    assert MODEL or text == said(TEXT["plain"]), text
    assert "contentBlockStop" in kinds, kinds
    usage = events[-1]["metadata"]["usage"]
    assert usage["inputTokens"] > 0 and usage["outputTokens"] > 0, usage
    assert MODEL or usage["totalTokens"] == ask(backend, TEXT["plain"])["usage"]["totalTokens"], usage


@case("stream.cut")
def cut(backend):
    for alias in ("cut", "failing-stream"):
        kinds = []
        try:
            for event in ask_stream(backend, "hi there", alias, inferenceConfig={"maxTokens": 64}):
                kinds.append(next(iter(event)))
        except EventStreamError as error:
            assert error.response["Error"]["Code"] and error.response["Error"]["Message"], error.response
        else:
            raise AssertionError(f"{alias}: it ended cleanly with {kinds}")


@case("stream.cancel")
def cancel(backend):
    stream = ask_stream(backend, "Tell a long story " * 20, "slow", inferenceConfig={"maxTokens": 4000})
    for count, _ in enumerate(stream):
        if count == 4:
            break
    stream.close()
    assert streams_are_closed(), emulator("GET", "/emulator/stats")


@case("tools.round_trip")
def tools(backend):
    messages = user(TOOLS["one"])
    first = ask(backend, messages, toolConfig=WEATHER)
    assert first["stopReason"] == "tool_use", first
    call = calls_of(first)[0]
    assert call["name"] == "get_weather" and call["input"] == {"city": TOOLS["city"]} and call["toolUseId"], call
    for content in ([{"text": TOOLS["result"]}], [{"json": {"weather": "sunny"}}]):
        turns = [*messages, first["output"]["message"], *user({"toolResult": {
            "toolUseId": call["toolUseId"], "content": content, "status": "success"}})]
        second = ask(backend, turns, toolConfig=WEATHER)
        assert "sunny" in text_of(second) and second["stopReason"] == "end_turn", second


@case("tools.streamed")
def streamed(backend):
    blocks, finish = {}, None
    for event in ask_stream(backend, TOOLS["parallel"], toolConfig=BOTH):
        if "contentBlockStart" in event:
            start = event["contentBlockStart"]
            if "toolUse" in start["start"]:
                blocks[start["contentBlockIndex"]] = {**start["start"]["toolUse"], "input": ""}
        if "contentBlockDelta" in event and "toolUse" in event["contentBlockDelta"]["delta"]:
            delta = event["contentBlockDelta"]
            blocks[delta["contentBlockIndex"]]["input"] += delta["delta"]["toolUse"]["input"]
        if "messageStop" in event:
            finish = event["messageStop"]["stopReason"]
    assert finish == "tool_use", finish
    calls = [{**blocks[n], "input": json.loads(blocks[n]["input"] or "{}")} for n in sorted(blocks)]
    assert [(c["name"], c["input"]) for c in calls] == [("get_weather", {"city": TOOLS["city"]}), ("get_time", {})], calls
    assert len({c["toolUseId"] for c in calls}) == 2, calls
    turns = [
        *user(TOOLS["parallel"]),
        {"role": "assistant", "content": [
            {"toolUse": {k: c[k] for k in ("toolUseId", "name", "input")}} for c in calls]},
        *user(*({"toolResult": {"toolUseId": c["toolUseId"], "content": [{"text": f"of {c['name']}"}]}} for c in calls)),
    ]
    events = ask_stream(backend, turns, toolConfig=BOTH)
    text = "".join(e["contentBlockDelta"]["delta"].get("text", "") for e in events if "contentBlockDelta" in e)
    assert "of get_weather" in text and "of get_time" in text, text


@case("tools.forced")
def forced(backend):
    for choice in ({"any": {}}, {"tool": {"name": "get_time"}}):
        try:
            answer = ask(backend, "hello", toolConfig={**BOTH, "toolChoice": choice})
        except ClientError as error:
            assert backend == "cohere" and "tool" in choice, error
            continue
        assert calls_of(answer), answer
        assert "any" in choice or calls_of(answer)[0]["name"] == "get_time", answer


@case("image.inline")
def image(backend):
    block = {"image": {"format": "png", "source": {"bytes": base64.b64decode(IMAGE["base64"])}}}
    assert text_of(ask(backend, user(block, IMAGE["user"]))) == IMAGE["answer"]


@case("schema.output_config")
def schema(backend):
    form = {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": {
        "name": SCHEMA["name"], "schema": json.dumps(SCHEMA["schema"])}}}}
    answer = ask(backend, SCHEMA["user"], outputConfig=form)
    assert json.loads(text_of(answer)) == SCHEMA["answer"], answer


KINDS = {
    400: "ValidationException", 401: "UnrecognizedClientException", 402: None, 403: "AccessDeniedException",
    404: "ResourceNotFoundException", 429: "ThrottlingException", 502: None, 504: None,
}


def check(error, expected):
    status = expected["status"]
    assert isinstance(error, ClientError), type(error)
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == status, error.response
    assert KINDS[status] in (None, error.response["Error"]["Code"]), error.response["Error"]
    assert error.response["Error"]["Code"] and error.response["Error"]["Message"], error.response
    headers = error.response["ResponseMetadata"]["HTTPHeaders"]
    assert headers["x-gatewright-error"] == expected["code"], headers
    if status == 429:
        assert isinstance(error, client.exceptions.ThrottlingException), type(error)


error_cases(lambda name, key: connect(key).converse(modelId=name, messages=user("hi")), check)


@case("errors.wrong_secret")
def wrong_secret(backend):
    forged = boto3.client(
        "bedrock-runtime", endpoint_url=GATEWAY, region_name="us-east-1", aws_access_key_id=KEY,
        aws_secret_access_key="another", config=Config(retries={"total_max_attempts": 1}),
    )
    try:
        forged.converse(modelId=model(backend), messages=user("hi"))
    except ClientError as error:
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 403, error.response
        assert error.response["Error"]["Code"] == "InvalidSignatureException", error.response
        return
    raise AssertionError("a forged signature was taken")


@case("errors.retried")
def retried(backend):
    fail_next(backend)
    assert text_of(connect(attempts=2).converse(modelId=model(backend, "flaky"), messages=user("hi"))) == said("hi")


run()
