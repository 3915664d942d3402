// The official OpenAI SDK for Node, unmodified, through the gateway.
import assert from "node:assert/strict";
import OpenAI from "openai";

const gateway = process.env.GATEWAY_URL ?? "http://127.0.0.1:4000";
const emulator = process.env.EMULATOR_URL;
const backends = (process.env.BACKENDS ?? "openai,anthropic").split(",").filter(Boolean);
const only = (process.env.ONLY ?? "").split(",").filter(Boolean);
const png =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";

const client = new OpenAI({ baseURL: `${gateway}/v1`, apiKey: process.env.GATEWAY_KEY, maxRetries: 0 });
const model = (backend, prefix = "on") => process.env.MODEL || `${prefix}-${backend}`;
const user = (content) => [{ role: "user", content }];
const stats = async () => (await fetch(`${emulator}/emulator/stats`)).json();
const weather = {
  type: "function",
  function: {
    name: "get_weather",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
};

async function expectError(kind, status, code, call) {
  const error = await call().then(
    () => assert.fail(`${kind.name} was not thrown`),
    (error) => error,
  );
  assert.ok(error instanceof kind, `${error?.constructor?.name} is not ${kind.name}: ${error}`);
  assert.equal(error.status, status);
  assert.equal(error.headers.get("x-gatewright-error"), code);
  return error;
}

const cases = {
  async text(backend) {
    const answer = await client.chat.completions.create({
      model: model(backend),
      messages: user("Say héllo ✓"),
      max_tokens: 64,
    });
    assert.ok(answer.choices[0].message.content);
    assert.ok(answer.usage.prompt_tokens > 0 && answer.usage.completion_tokens > 0);
  },
  async stream(backend) {
    let text = "";
    let finish = null;
    const stream = await client.chat.completions.create({
      model: model(backend),
      messages: user("Count to five"),
      max_tokens: 64,
      stream: true,
    });
    for await (const chunk of stream) {
      assert.equal(chunk.choices.length, 1, "a chunk without choices came though usage was not asked for");
      text += chunk.choices[0].delta.content ?? "";
      finish = chunk.choices[0].finish_reason ?? finish;
    }
    assert.ok(text);
    assert.ok(["stop", "length"].includes(finish), String(finish));
  },
  async tools(backend) {
    const messages = user("What is the weather in Paris?");
    const first = await client.chat.completions.create({ model: model(backend), messages, tools: [weather], max_tokens: 256 });
    assert.equal(first.choices[0].finish_reason, "tool_calls");
    const call = first.choices[0].message.tool_calls[0];
    assert.equal(call.function.name, "get_weather");
    assert.ok("city" in JSON.parse(call.function.arguments));
    messages.push(first.choices[0].message, { role: "tool", tool_call_id: call.id, content: "sunny, 21 degrees" });
    const second = await client.chat.completions.create({ model: model(backend), messages, tools: [weather], max_tokens: 256 });
    assert.match(second.choices[0].message.content, /sunny/);
  },
  async toolsStreamed(backend) {
    const runner = client.chat.completions.stream({
      model: model(backend),
      messages: user("What is the weather in Paris?"),
      tools: [weather],
      max_tokens: 256,
    });
    const final = await runner.finalChatCompletion();
    assert.equal(final.choices[0].finish_reason, "tool_calls");
    JSON.parse(final.choices[0].message.tool_calls[0].function.arguments);
  },
  async image(backend) {
    const content = [
      { type: "text", text: "What is in this image?" },
      { type: "image_url", image_url: { url: `data:image/png;base64,${png}` } },
    ];
    const answer = await client.chat.completions.create({ model: model(backend), messages: user(content), max_tokens: 64 });
    assert.match(answer.choices[0].message.content, /image\/png/);
  },
  async typedErrors(backend) {
    const call = (name, who = client, messages = user("hi")) => () =>
      who.chat.completions.create({ model: name, messages });
    const wrong = client.withOptions({ apiKey: "gw-wrong" });
    await expectError(OpenAI.AuthenticationError, 401, "invalid_api_key", call(model(backend), wrong));
    await expectError(OpenAI.PermissionDeniedError, 403, "model_not_allowed", call("forbidden"));
    await expectError(OpenAI.NotFoundError, 404, "model_not_found", call("nothing"));
    const bad = await expectError(OpenAI.BadRequestError, 400, "invalid_request", call(model(backend), client, "no list"));
    assert.equal(bad.code, "invalid_request");
    const limited = await expectError(OpenAI.RateLimitError, 429, "upstream_error", call(`limited-on-${backend}`));
    assert.ok(Number(limited.headers.get("retry-after")) >= 1);
    await expectError(OpenAI.InternalServerError, 502, "upstream_error", call(`broken-on-${backend}`));
  },
  async cutStream(backend) {
    await assert.rejects(async () => {
      const stream = await client.chat.completions.create({
        model: `cut-on-${backend}`,
        messages: user("hi"),
        max_tokens: 64,
        stream: true,
      });
      for await (const _ of stream);
    }, OpenAI.APIError);
  },
  async cancelMidStream(backend) {
    const stream = await client.chat.completions.create({
      model: `slow-on-${backend}`,
      messages: user("Tell a long story ".repeat(20)),
      max_tokens: 4000,
      stream: true,
    });
    let count = 0;
    for await (const _ of stream) if (++count === 3) break;
    const deadline = Date.now() + 2000;
    while ((await stats()).open_streams !== 0) {
      assert.ok(Date.now() < deadline, "the upstream stream is still open");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  },
  async embeddings(backend) {
    if (backend !== "openai") return;
    const answer = await client.embeddings.create({ model: "embedder", input: ["one", "two"] });
    assert.equal(answer.data.length, 2);
    assert.ok(answer.data[0].embedding.length > 8);
  },
};

let passed = 0;
let failed = 0;
for (const [name, run] of Object.entries(cases)) {
  if ((only.length && !only.includes(name)) || (!emulator && !["text", "stream"].includes(name))) continue;
  for (const backend of backends) {
    try {
      await run(backend);
      passed += 1;
      console.log(`ok    ${name} [${backend}]`);
    } catch (error) {
      failed += 1;
      console.log(`FAIL  ${name} [${backend}]\n${error?.stack ?? error}`);
    }
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed || !passed ? 1 : 0);
