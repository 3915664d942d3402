// The official OpenAI SDK for Node: responses.
import assert from "node:assert/strict";
import OpenAI from "openai";
import { zodTextFormat } from "openai/helpers/zod";
import { z } from "zod";
import {
  data, errorCases, failNext, gateway, imageUrl, mainKey, model, realModel, run, said, streamsAreClosed, test,
} from "./kit.mjs";

const { text, tools, image, schema } = data;
const client = new OpenAI({ baseURL: `${gateway}/v1`, apiKey: mainKey, maxRetries: 0 });
const ask = (backend, input, more = {}, alias = "on") => client.responses.create({ model: model(backend, alias), input, ...more });
const fn = ({ name, description, schema: parameters }) => ({ type: "function", name, description, parameters, strict: false });
const weather = fn(tools.weather);
const clock = fn(tools.clock);
const callsOf = (answer) => answer.output.filter((item) => item.type === "function_call");

test("text.plain", async (backend) => {
  const answer = await ask(backend, text.plain, { max_output_tokens: 64 });
  assert.ok(answer.status === "completed" || (realModel && answer.status === "incomplete"), answer.status);
  if (!realModel) assert.equal(answer.output_text, said(text.plain));
  assert.ok(answer.usage.input_tokens > 0 && answer.usage.output_tokens > 0);
});

test("text.roles", async (backend) => {
  const input = [
    { role: "user", content: "one" },
    { role: "assistant", content: "two" },
    { role: "user", content: [{ type: "input_text", text: text.unicode }] },
  ];
  assert.equal((await ask(backend, input, { instructions: text.system })).output_text, said(text.unicode));
});

test("stream.plain", async (backend) => {
  let all = "";
  let next = 0;
  let last;
  for await (const event of await ask(backend, text.plain, { max_output_tokens: 64, stream: true })) {
    assert.equal(event.sequence_number, next++);
    if (event.type === "response.output_text.delta") all += event.delta;
    last = event;
  }
  assert.ok(["response.completed", "response.incomplete"].includes(last.type), last.type);
  if (!realModel) assert.equal(all, said(text.plain));
  assert.ok(last.response.usage.output_tokens > 0);
});

test("stream.helper", async (backend) => {
  const runner = client.responses.stream({ model: model(backend), input: text.unicode });
  assert.equal((await runner.finalResponse()).output_text, said(text.unicode));
});

test("stream.cut", async (backend) => {
  for (const alias of ["cut", "failing-stream"]) {
    let last;
    try {
      for await (last of await ask(backend, "hi", { stream: true }, alias));
    } catch (error) {
      assert.ok(error instanceof OpenAI.APIError, String(error));
      continue;
    }
    assert.ok(["error", "response.failed"].includes(last.type), `${alias}: it ended with ${last.type}`);
  }
});

test("stream.cancel", async (backend) => {
  const stream = await ask(backend, "Tell a long story ".repeat(20), { stream: true }, "slow");
  let count = 0;
  for await (const _ of stream) if (++count === 6) break;
  await streamsAreClosed();
});

test("tools.round_trip", async (backend) => {
  const input = [{ role: "user", content: tools.one }];
  const first = await ask(backend, input, { tools: [weather] });
  const [call] = callsOf(first);
  assert.equal(call.name, "get_weather");
  assert.deepEqual(JSON.parse(call.arguments), { city: tools.city });
  input.push(...first.output, { type: "function_call_output", call_id: call.call_id, output: tools.result });
  assert.equal((await ask(backend, input, { tools: [weather] })).output_text, tools.final);
});

test("tools.streamed", async (backend) => {
  const input = [{ role: "user", content: tools.parallel }];
  const first = await client.responses.stream({ model: model(backend), input, tools: [weather, clock] }).finalResponse();
  const calls = callsOf(first);
  assert.deepEqual(calls.map((c) => c.name), ["get_weather", "get_time"]);
  assert.deepEqual(calls.map((c) => JSON.parse(c.arguments)), [{ city: tools.city }, {}]);
  input.push(...first.output, ...calls.map((c) => ({ type: "function_call_output", call_id: c.call_id, output: "fine" })));
  const second = await client.responses.stream({ model: model(backend), input, tools: [weather, clock] }).finalResponse();
  assert.match(second.output_text, /fine/);
});

test("image.inline", async (backend) => {
  const content = [{ type: "input_text", text: image.user }, { type: "input_image", image_url: imageUrl(), detail: "auto" }];
  assert.equal((await ask(backend, [{ role: "user", content }])).output_text, image.answer);
});

test("schema.zod", async (backend) => {
  const person = z.object({ name: z.string(), age: z.number().int(), tags: z.array(z.string()) });
  const answer = await client.responses.parse({
    model: model(backend),
    input: schema.user,
    text: { format: zodTextFormat(person, schema.name) },
  });
  assert.equal(answer.output_parsed.name, schema.answer.name);
  assert.deepEqual(answer.output_parsed.tags, schema.answer.tags);
});

const kinds = {
  400: OpenAI.BadRequestError, 401: OpenAI.AuthenticationError, 402: OpenAI.APIError, 403: OpenAI.PermissionDeniedError,
  404: OpenAI.NotFoundError, 429: OpenAI.RateLimitError, 502: OpenAI.InternalServerError, 504: OpenAI.InternalServerError,
};

errorCases(
  (name, apiKey) => client.withOptions({ apiKey }).responses.create({ model: name, input: "hi" }),
  (error, { status, code }) => {
    assert.equal(error.constructor, kinds[status]);
    assert.equal(error.status, status);
    assert.equal(error.headers.get("x-gatewright-error"), code);
    assert.ok(error.error.message && error.type);
  },
);

test("errors.retried", async (backend) => {
  await failNext();
  const patient = client.withOptions({ maxRetries: 1 });
  assert.equal((await patient.responses.create({ model: model(backend, "flaky"), input: "hi" })).output_text, said("hi"));
});

await run();
