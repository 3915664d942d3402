// AWS's SDK for JavaScript on Bedrock: Converse and ConverseStream over HTTP/2, signed with the virtual key as id and
// secret.
import assert from "node:assert/strict";
import { BedrockRuntimeClient, ConverseCommand, ConverseStreamCommand } from "@aws-sdk/client-bedrock-runtime";
import {
  data, errorCases, failNext, gateway, mainKey, model, realModel, run, said, streamsAreClosed, test, thrown,
} from "./kit.mjs";

const { text, tools, image } = data;
const connect = (key = mainKey, maxAttempts = 1, secret = key) =>
  new BedrockRuntimeClient({
    region: "us-east-1", endpoint: gateway, maxAttempts, credentials: { accessKeyId: key, secretAccessKey: secret },
  });
const client = connect();
const user = (...content) => ({ role: "user", content });
const spec = ({ name, description, schema: json }) => ({ toolSpec: { name, description, inputSchema: { json } } });
const both = { tools: [spec(tools.weather), spec(tools.clock)] };
const ask = (backend, messages, more = {}, alias = "on") =>
  client.send(new ConverseCommand({ modelId: model(backend, alias), messages, ...more }));
const askStream = async (backend, messages, more = {}, alias = "on") =>
  (await client.send(new ConverseStreamCommand({ modelId: model(backend, alias), messages, ...more }))).stream;
const textOf = (answer) => answer.output.message.content.map((block) => block.text ?? "").join("");

test("text.plain", async (backend) => {
  const answer = await ask(backend, [user({ text: text.plain })], { inferenceConfig: { maxTokens: 64 } });
  if (!realModel) assert.equal(textOf(answer), said(text.plain));
  assert.ok(answer.usage.inputTokens > 0 && answer.usage.outputTokens > 0);
});

test("text.roles", async (backend) => {
  const messages = [user({ text: "one" }), { role: "assistant", content: [{ text: "two" }] }, user({ text: text.unicode })];
  assert.equal(textOf(await ask(backend, messages, { system: [{ text: text.system }] })), said(text.unicode));
});

test("stream.plain", async (backend) => {
  let all = "";
  let usage;
  for await (const event of await askStream(backend, [user({ text: text.plain })])) {
    all += event.contentBlockDelta?.delta.text ?? "";
    usage = event.metadata?.usage ?? usage;
  }
  if (!realModel) assert.equal(all, said(text.plain));
  assert.ok(usage.outputTokens > 0);
});

test("stream.cut", async (backend) => {
  for (const alias of ["cut", "failing-stream"]) {
    await assert.rejects(async () => {
      for await (const _ of await askStream(backend, [user({ text: "hi there" })], {}, alias));
    });
  }
});

test("stream.cancel", async (backend) => {
  const stop = new AbortController();
  const messages = [user({ text: "Tell a long story ".repeat(20) })];
  const command = new ConverseStreamCommand({ modelId: model(backend, "slow"), messages });
  const { stream } = await client.send(command, { abortSignal: stop.signal });
  let count = 0;
  for await (const _ of stream) {
    count += 1;
    if (count === 4) break;
  }
  stop.abort();
  await streamsAreClosed();
});

test("tools.round_trip", async (backend) => {
  const messages = [user({ text: tools.parallel })];
  const first = await ask(backend, messages, { toolConfig: both });
  const calls = first.output.message.content.filter((block) => block.toolUse).map((block) => block.toolUse);
  assert.deepEqual(calls.map((call) => [call.name, call.input]), [["get_weather", { city: tools.city }], ["get_time", {}]]);
  assert.equal(first.stopReason, "tool_use");
  const results = calls.map(({ toolUseId }) => ({ toolResult: { toolUseId, content: [{ text: "fine" }] } }));
  messages.push(first.output.message, user(...results));
  assert.ok(textOf(await ask(backend, messages, { toolConfig: both })).includes("fine"));
});

test("tools.forced", async (backend) => {
  const answer = await ask(backend, [user({ text: "hello" })], { toolConfig: { ...both, toolChoice: { any: {} } } });
  assert.ok(answer.output.message.content.some((block) => block.toolUse));
});

test("image.inline", async (backend) => {
  const picture = { image: { format: "png", source: { bytes: Buffer.from(image.base64, "base64") } } };
  assert.equal(textOf(await ask(backend, [user(picture, { text: image.user })])), image.answer);
});

const names = {
  400: "ValidationException", 401: "UnrecognizedClientException", 403: "AccessDeniedException",
  404: "ResourceNotFoundException", 429: "ThrottlingException", 502: "InternalServerException",
  504: "ModelTimeoutException",
};
errorCases(
  (name, key) => connect(key).send(new ConverseCommand({ modelId: name, messages: [user({ text: "hi" })] })),
  (error, expected) => {
    if (names[expected.status]) assert.equal(error.name, names[expected.status]);
    assert.equal(error.$response.headers["x-gatewright-error"], expected.code);
    assert.ok(error.message);
  },
);

test("errors.wrong_secret", async (backend) => {
  const wrong = connect(mainKey, 1, "another");
  const command = new ConverseCommand({ modelId: model(backend), messages: [user({ text: "hi" })] });
  const error = await thrown(() => wrong.send(command));
  assert.equal(error.name, "InvalidSignatureException");
});

test("errors.retried", async (backend) => {
  await failNext(429);
  const command = new ConverseCommand({ modelId: model(backend, "flaky"), messages: [user({ text: "hi" })] });
  assert.equal(textOf(await connect(mainKey, 2).send(command)), said("hi"));
});

await run();
