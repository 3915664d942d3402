// The official OpenAI SDK for Node: chat completions and embeddings.
import assert from "node:assert/strict";
import OpenAI from "openai";
import { zodResponseFormat } from "openai/helpers/zod";
import { z } from "zod";
import {
  data, errorCases, failNext, gateway, imageUrl, lastRequest, longText, mainKey, model, realModel, run, said,
  streamsAreClosed, test, thrown,
} from "./kit.mjs";

const { text, tools, image, schema } = data;
const client = new OpenAI({ baseURL: `${gateway}/v1`, apiKey: mainKey, maxRetries: 0 });
const user = (content) => [{ role: "user", content }];
const ask = (backend, content, more = {}, alias = "on") =>
  client.chat.completions.create({ model: model(backend, alias), messages: user(content), ...more });
const fn = ({ name, description, schema: parameters }) => ({ type: "function", function: { name, description, parameters } });
const weather = fn(tools.weather);
const clock = fn(tools.clock);

test("text.plain", async (backend) => {
  const answer = await ask(backend, text.plain, { max_completion_tokens: 64 });
  assert.ok(answer.choices[0].message.content);
  if (!realModel) assert.equal(answer.choices[0].message.content, said(text.plain));
  assert.ok(answer.usage.prompt_tokens > 0 && answer.usage.completion_tokens > 0);
});

test("text.roles", async (backend) => {
  const messages = [
    { role: "system", content: text.system },
    { role: "user", content: "one" },
    { role: "assistant", content: "two" },
    { role: "user", content: text.unicode },
  ];
  const answer = await client.chat.completions.create({ model: model(backend), messages });
  assert.equal(answer.choices[0].message.content, said(text.unicode));
});

test("text.long", async (backend) => {
  const answer = await ask(backend, longText());
  assert.ok(answer.choices[0].message.content.includes(longText().slice(0, 3000)));
});

test("text.concurrent", async (backend) => {
  const one = async (n) => {
    const answer = await ask(backend, `number ${n}`);
    assert.equal(answer.choices[0].message.content, said(`number ${n}`));
  };
  const streamed = async (n) => {
    let all = "";
    for await (const chunk of await ask(backend, `stream ${n}`, { stream: true })) all += chunk.choices[0].delta.content ?? "";
    assert.equal(all, said(`stream ${n}`));
  };
  await Promise.all(Array.from({ length: 16 }, (_, n) => (n % 2 ? one(n) : streamed(n))));
});

test("stream.plain", async (backend) => {
  let all = "";
  let finish = null;
  for await (const chunk of await ask(backend, text.plain, { max_tokens: 64, stream: true })) {
    assert.equal(chunk.choices.length, 1, "a chunk without choices came though usage was not asked for");
    all += chunk.choices[0].delta.content ?? "";
    finish = chunk.choices[0].finish_reason ?? finish;
  }
  if (!realModel) assert.equal(all, said(text.plain));
  assert.ok(["stop", "length"].includes(finish), String(finish));
});

test("stream.usage", async (backend) => {
  let usage;
  for await (const chunk of await ask(backend, text.plain, { stream: true, stream_options: { include_usage: true } }))
    usage = chunk.usage ?? usage;
  assert.ok(usage.prompt_tokens > 0 && usage.completion_tokens > 0);
});

test("stream.helper", async (backend) => {
  const runner = client.chat.completions.stream({ model: model(backend), messages: user(text.unicode) });
  assert.equal(await runner.finalContent(), said(text.unicode));
});

test("stream.cut", async (backend) => {
  for (const alias of ["cut", "failing-stream"]) {
    await assert.rejects(async () => {
      for await (const _ of await ask(backend, "hi", { max_tokens: 64, stream: true }, alias));
    }, OpenAI.APIError);
  }
});

test("stream.cancel", async (backend) => {
  const stream = await ask(backend, "Tell a long story ".repeat(20), { max_tokens: 4000, stream: true }, "slow");
  let count = 0;
  for await (const _ of stream) if (++count === 3) break;
  await streamsAreClosed();
});

test("tools.round_trip", async (backend) => {
  const messages = user(tools.one);
  const first = await client.chat.completions.create({ model: model(backend), messages, tools: [weather] });
  assert.equal(first.choices[0].finish_reason, "tool_calls");
  const call = first.choices[0].message.tool_calls[0];
  assert.equal(call.function.name, "get_weather");
  assert.deepEqual(JSON.parse(call.function.arguments), { city: tools.city });
  messages.push(first.choices[0].message, { role: "tool", tool_call_id: call.id, content: tools.result });
  const second = await client.chat.completions.create({ model: model(backend), messages, tools: [weather] });
  assert.equal(second.choices[0].message.content, tools.final);
});

test("tools.streamed", async (backend) => {
  const messages = user(tools.parallel);
  const runner = client.chat.completions.stream({ model: model(backend), messages, tools: [weather, clock] });
  const { message, finish_reason } = (await runner.finalChatCompletion()).choices[0];
  assert.equal(finish_reason, "tool_calls");
  assert.deepEqual(message.tool_calls.map((c) => c.function.name), ["get_weather", "get_time"]);
  assert.deepEqual(message.tool_calls.map((c) => JSON.parse(c.function.arguments)), [{ city: tools.city }, {}]);
  messages.push(message, ...message.tool_calls.map((c) => ({ role: "tool", tool_call_id: c.id, content: "fine" })));
  const next = client.chat.completions.stream({ model: model(backend), messages, tools: [weather, clock] });
  assert.match(await next.finalContent(), /fine/);
});

test("tools.runner", async (backend) => {
  // The SDK calls the functions by itself and goes on until there is text.
  const asked = [];
  const run = async (args) => (asked.push(args), "sunny");
  const tool = { type: "function", function: { ...weather.function, function: run, parse: JSON.parse } };
  const runner = client.chat.completions.runTools({ model: model(backend), messages: user(tools.one), tools: [tool], stream: true });
  assert.match(await runner.finalContent(), /sunny/);
  assert.deepEqual(asked, [{ city: tools.city }]);
});

test("image.inline", async (backend) => {
  const content = [{ type: "text", text: image.user }, { type: "image_url", image_url: { url: imageUrl() } }];
  const answer = await ask(backend, content);
  assert.equal(answer.choices[0].message.content, image.answer);
});

test("schema.zod", async (backend) => {
  const person = z.object({ name: z.string(), age: z.number().int(), tags: z.array(z.string()) });
  const answer = await client.chat.completions.parse({
    model: model(backend),
    messages: user(schema.user),
    response_format: zodResponseFormat(person, schema.name),
  });
  const { name, tags } = answer.choices[0].message.parsed;
  assert.deepEqual({ name, tags }, { name: schema.answer.name, tags: schema.answer.tags });
});

const kinds = {
  400: OpenAI.BadRequestError, 401: OpenAI.AuthenticationError, 402: OpenAI.APIError, 403: OpenAI.PermissionDeniedError,
  404: OpenAI.NotFoundError, 429: OpenAI.RateLimitError, 502: OpenAI.InternalServerError, 504: OpenAI.InternalServerError,
};

errorCases(
  (name, apiKey) => client.withOptions({ apiKey }).chat.completions.create({ model: name, messages: user("hi") }),
  (error, { status, code }) => {
    assert.equal(error.constructor, kinds[status]);
    assert.equal(error.status, status);
    assert.equal(error.headers.get("x-gatewright-error"), code);
    assert.ok(error.error.message && error.type);
    if (status === 429) assert.ok(Number(error.headers.get("retry-after")) >= 1);
  },
);

test("errors.malformed", async (backend) => {
  const error = await thrown(() => client.chat.completions.create({ model: model(backend), messages: "no list" }));
  assert.ok(error instanceof OpenAI.BadRequestError);
  assert.equal(error.code, "invalid_request");
});

test("errors.retried", async (backend) => {
  await failNext(503);
  const answer = await client.withOptions({ maxRetries: 1 }).chat.completions.create({
    model: model(backend, "flaky"),
    messages: user("hi"),
  });
  assert.equal(answer.choices[0].message.content, said("hi"));
});

test(
  "more.embeddings",
  async () => {
    const answer = await client.embeddings.create({ model: "embedder", input: ["one", "two"] });
    assert.equal(answer.data.length, 2);
    assert.ok(answer.data[0].embedding.length > 8 && typeof answer.data[0].embedding[0] === "number");
    assert.match((await lastRequest()).body, /base64/);
  },
  { only: ["openai"] },
);

await run();
