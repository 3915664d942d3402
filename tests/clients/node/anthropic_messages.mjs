// The official Anthropic SDK for Node, under both versions of the API: its own, and 2023-06-01 by header.
import assert from "node:assert/strict";
import Anthropic from "@anthropic-ai/sdk";
import {
  data, errorCases, failNext, gateway, lastRequest, mainKey, model, realModel, run, said, streamsAreClosed, test,
} from "./kit.mjs";

const { text, tools, image, schema } = data;
const client = new Anthropic({ baseURL: gateway, apiKey: mainKey, maxRetries: 0 });
// As older majors and other clients do it: the old version, the key in its own header.
const older = new Anthropic({
  baseURL: gateway,
  apiKey: mainKey,
  maxRetries: 0,
  defaultHeaders: { "anthropic-version": "2023-06-01", "x-api-key": mainKey, Authorization: null },
});
const user = (content) => [{ role: "user", content }];
const ask = (backend, messages, more = {}, alias = "on", who = client) =>
  who.messages.create({
    model: model(backend, alias),
    max_tokens: 256,
    messages: Array.isArray(messages) ? messages : user(messages),
    ...more,
  });
const tool = ({ name, description, schema: input_schema }) => ({ name, description, input_schema });
const weather = tool(tools.weather);
const clock = tool(tools.clock);
const textOf = (message) => message.content.filter((b) => b.type === "text").map((b) => b.text).join("");
const callsOf = (message) => message.content.filter((b) => b.type === "tool_use");

test("text.plain", async (backend) => {
  for (const who of [client, older]) {
    const answer = await ask(backend, text.plain, { system: text.system }, "on", who);
    if (!realModel) assert.equal(textOf(answer), said(text.plain));
    assert.ok(answer.usage.input_tokens > 0 && answer.usage.output_tokens > 0);
    assert.ok(["end_turn", "max_tokens"].includes(answer.stop_reason));
  }
});

test("text.roles", async (backend) => {
  const messages = [...user("one"), { role: "assistant", content: "two" }, ...user(text.unicode)];
  assert.equal(textOf(await ask(backend, messages)), said(text.unicode));
});

test("text.thinking", async (backend) => {
  const thinking = { type: "enabled", budget_tokens: 1024 };
  const first = await client.messages
    .stream({ model: model(backend), max_tokens: 4000, thinking, messages: user(text.plain) })
    .finalMessage();
  assert.equal(textOf(first), said(text.plain));
  const messages = [...user(text.plain), { role: "assistant", content: first.content }, ...user("again")];
  assert.equal(textOf(await ask(backend, messages, { thinking, max_tokens: 4000 })), said("again"));
});

test("stream.plain", async (backend) => {
  for (const who of [client, older]) {
    let all = "";
    const stream = who.messages
      .stream({ model: model(backend), max_tokens: 64, messages: user(text.plain) })
      .on("text", (piece) => (all += piece));
    const final = await stream.finalMessage();
    assert.equal(all, textOf(final));
    if (!realModel) assert.equal(all, said(text.plain));
    assert.ok(final.usage.output_tokens > 0 && final.usage.input_tokens > 0);
  }
});

test("stream.cut", async (backend) => {
  for (const alias of ["cut", "failing-stream"]) {
    await assert.rejects(
      client.messages.stream({ model: model(backend, alias), max_tokens: 64, messages: user("hi") }).finalMessage(),
      Anthropic.AnthropicError,
    );
  }
});

test("stream.cancel", async (backend) => {
  const stream = await ask(backend, "Tell a long story ".repeat(20), { max_tokens: 4000, stream: true }, "slow");
  let count = 0;
  for await (const _ of stream) if (++count === 4) break;
  await streamsAreClosed();
});

test("tools.round_trip", async (backend) => {
  const messages = user(tools.one);
  const first = await ask(backend, messages, { tools: [weather] });
  assert.equal(first.stop_reason, "tool_use");
  const [call] = callsOf(first);
  assert.deepEqual(call.input, { city: tools.city });
  const result = { type: "tool_result", tool_use_id: call.id, content: tools.result };
  messages.push({ role: "assistant", content: first.content }, { role: "user", content: [result] });
  assert.equal(textOf(await ask(backend, messages, { tools: [weather] })), tools.final);
});

test("tools.streamed", async (backend) => {
  const messages = user(tools.parallel);
  const more = { model: model(backend), max_tokens: 512, tools: [weather, clock] };
  const first = await client.messages.stream({ ...more, messages }).finalMessage();
  const calls = callsOf(first);
  assert.deepEqual(calls.map((c) => [c.name, c.input]), [["get_weather", { city: tools.city }], ["get_time", {}]]);
  const results = calls.map((c) => ({ type: "tool_result", tool_use_id: c.id, content: "fine" }));
  messages.push({ role: "assistant", content: first.content }, { role: "user", content: results });
  assert.match(textOf(await client.messages.stream({ ...more, messages }).finalMessage()), /fine/);
});

test("image.inline", async (backend) => {
  const source = { type: "base64", media_type: image.media_type, data: image.base64 };
  const answer = await ask(backend, user([{ type: "image", source }, { type: "text", text: image.user }]));
  assert.equal(textOf(answer), image.answer);
});

test("schema.output_config", async (backend) => {
  const answer = await ask(backend, schema.user, { output_config: { format: { type: "json_schema", schema: schema.schema } } });
  assert.deepEqual(JSON.parse(textOf(answer)), schema.answer);
});

const kinds = {
  400: "BadRequestError", 401: "AuthenticationError", 402: "APIError", 403: "PermissionDeniedError", 404: "NotFoundError",
  429: "RateLimitError", 502: "InternalServerError", 504: "InternalServerError",
};

errorCases(
  (name, apiKey) => ask("", "hi", { model: name }, "on", client.withOptions({ apiKey })),
  (error, { status, code }) => {
    assert.ok(error instanceof Anthropic[kinds[status]], error.constructor.name);
    assert.equal(error.status, status);
    assert.equal(error.headers.get("x-gatewright-error"), code);
    assert.equal(error.error.type, "error");
    assert.ok(error.error.error.type && error.error.error.message);
  },
);

test("errors.retried", async (backend) => {
  await failNext(529);
  const patient = client.withOptions({ maxRetries: 1 });
  assert.equal(textOf(await ask(backend, "hi", {}, "flaky", patient)), said("hi"));
});

test(
  "more.both_versions",
  async (backend) => {
    for (const [who, version] of [[client, "2026-10-21"], [older, "2023-06-01"]]) {
      await ask(backend, "hi", {}, "on", who);
      assert.equal((await lastRequest()).headers["anthropic-version"], version);
    }
  },
  { only: ["anthropic"] },
);

await run();
