// Google's Gen AI SDK for Node: generateContent and its stream, chats.
import assert from "node:assert/strict";
import { ApiError, FunctionCallingConfigMode, GoogleGenAI } from "@google/genai";
import {
  data, errorCases, gateway, mainKey, model, realModel, run, said, streamsAreClosed, test, thrown,
} from "./kit.mjs";

const { text, tools, image, schema } = data;
const connect = (apiKey = mainKey) => new GoogleGenAI({ apiKey, httpOptions: { baseUrl: gateway } });
const client = connect();
const ask = (backend, contents, config = {}, alias = "on") =>
  client.models.generateContent({ model: model(backend, alias), contents, config });
const askStream = (backend, contents, config = {}, alias = "on") =>
  client.models.generateContentStream({ model: model(backend, alias), contents, config });
const fn = ({ name, description, schema: parametersJsonSchema }) => ({ name, description, parametersJsonSchema });
const weather = [{ functionDeclarations: [fn(tools.weather)] }];
const both = [{ functionDeclarations: [fn(tools.weather), fn(tools.clock)] }];
const user = (...parts) => ({ role: "user", parts });

test("text.plain", async (backend) => {
  const answer = await ask(backend, text.plain, { maxOutputTokens: 64 });
  if (!realModel) assert.equal(answer.text, said(text.plain));
  assert.ok(answer.usageMetadata.promptTokenCount > 0 && answer.usageMetadata.candidatesTokenCount > 0);
  assert.ok(["STOP", "MAX_TOKENS"].includes(answer.candidates[0].finishReason));
});

test("text.roles", async (backend) => {
  const contents = [user({ text: "one" }), { role: "model", parts: [{ text: "two" }] }, user({ text: text.unicode })];
  assert.equal((await ask(backend, contents, { systemInstruction: text.system })).text, said(text.unicode));
});

test("text.chat", async (backend) => {
  const chat = client.chats.create({ model: model(backend) });
  assert.equal((await chat.sendMessage({ message: "one" })).text, said("one"));
  let all = "";
  for await (const chunk of await chat.sendMessageStream({ message: "two" })) all += chunk.text ?? "";
  assert.equal(all, said("two"));
});

test("stream.plain", async (backend) => {
  let all = "";
  let last;
  for await (last of await askStream(backend, text.plain, { maxOutputTokens: 64 })) all += last.text ?? "";
  if (!realModel) assert.equal(all, said(text.plain));
  assert.ok(last.candidates[0].finishReason && last.usageMetadata.candidatesTokenCount > 0);
});

test("stream.cut", async (backend) => {
  for (const alias of ["cut", "failing-stream"]) {
    await assert.rejects(async () => {
      for await (const _ of await askStream(backend, "hi there", {}, alias));
    });
  }
});

test("stream.cancel", async (backend) => {
  const stop = new AbortController();
  const config = { abortSignal: stop.signal };
  await assert.rejects(async () => {
    let count = 0;
    for await (const _ of await askStream(backend, "Tell a long story ".repeat(20), config, "slow")) {
      if (++count === 3) stop.abort();
    }
  });
  await streamsAreClosed();
});

test("tools.round_trip", async (backend) => {
  const contents = [user({ text: tools.one })];
  const first = await ask(backend, contents, { tools: weather });
  const [call] = first.functionCalls;
  assert.equal(call.name, "get_weather");
  assert.deepEqual(call.args, { city: tools.city });
  const functionResponse = { id: call.id, name: call.name, response: { output: tools.result } };
  contents.push(first.candidates[0].content, user({ functionResponse }));
  assert.equal((await ask(backend, contents, { tools: weather })).text, tools.final);
});

test("tools.streamed", async (backend) => {
  const parts = [];
  for await (const chunk of await askStream(backend, tools.parallel, { tools: both }))
    parts.push(...(chunk.candidates?.[0]?.content?.parts ?? []));
  const calls = parts.filter((p) => p.functionCall).map((p) => p.functionCall);
  assert.deepEqual(calls.map((c) => [c.name, c.args ?? {}]), [["get_weather", { city: tools.city }], ["get_time", {}]]);
  const answers = calls.map((c) => ({ functionResponse: { id: c.id, name: c.name, response: { output: "fine" } } }));
  const contents = [user({ text: tools.parallel }), { role: "model", parts }, user(...answers)];
  assert.match((await ask(backend, contents, { tools: both })).text, /fine/);
});

test("tools.forced", async (backend) => {
  const toolConfig = { functionCallingConfig: { mode: FunctionCallingConfigMode.ANY } };
  assert.ok((await ask(backend, "hello", { tools: weather, toolConfig })).functionCalls.length);
});

test("image.inline", async (backend) => {
  const inlineData = { mimeType: image.media_type, data: image.base64 };
  assert.equal((await ask(backend, [user({ inlineData }, { text: image.user })])).text, image.answer);
});

test("schema.json_schema", async (backend) => {
  const answer = await ask(backend, schema.user, { responseMimeType: "application/json", responseJsonSchema: schema.schema });
  assert.deepEqual(JSON.parse(answer.text), schema.answer);
});

errorCases(
  (name, apiKey) => connect(apiKey).models.generateContent({ model: name, contents: "hi" }),
  (error, { status, code, name }) => {
    assert.ok(error instanceof ApiError, error.constructor.name);
    assert.equal(error.status, status);
    const body = JSON.parse(error.message);
    assert.ok(body.error.message && body.error.status);
    assert.equal(body.error.code, status);
    if (!["bad_request", "upstream_limit"].includes(name)) assert.equal(body.error.details[0].reason, code);
  },
);

test("errors.streamed", async (backend) => {
  const error = await thrown(() => askStream(backend, "hi", {}, "limited"));
  assert.ok(error instanceof ApiError);
  assert.equal(error.status, 429);
});

await run();
