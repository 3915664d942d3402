// Vercel's AI SDK with its OpenAI provider (responses, its default, and chat) and its Anthropic provider.
import assert from "node:assert/strict";
import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAI } from "@ai-sdk/openai";
import { APICallError, Output, generateText, isStepCount, streamText, tool } from "ai";
import { z } from "zod";
import {
  data, errorCases, failNext, gateway, mainKey, model, run, said, streamsAreClosed, test,
} from "./kit.mjs";

const { text, tools, image, schema } = data;
// A provider's name, and a model of it by the gateway's name.
const providers = {
  responses: (name, apiKey = mainKey) => createOpenAI({ baseURL: `${gateway}/v1`, apiKey })(name),
  chat: (name, apiKey = mainKey) => createOpenAI({ baseURL: `${gateway}/v1`, apiKey }).chat(name),
  anthropic: (name, apiKey = mainKey) => createAnthropic({ baseURL: `${gateway}/v1`, apiKey })(name),
};
const person = z.object({ name: z.string(), age: z.number().int(), tags: z.array(z.string()) });
const asked = [];
const weather = tool({
  description: tools.weather.description,
  inputSchema: z.object({ city: z.string() }),
  execute: async (input) => (asked.push(input), tools.result),
});
const clock = tool({ description: tools.clock.description, inputSchema: z.object({}), execute: async () => "noon" });

for (const [name, provider] of Object.entries(providers)) {
  const on = (backend, alias = "on") => provider(model(backend, alias));

  test(`text.plain.${name}`, async (backend) => {
    const answer = await generateText({ model: on(backend), system: text.system, prompt: text.unicode, maxRetries: 0 });
    assert.equal(answer.text, said(text.unicode));
    assert.equal(answer.finishReason, "stop");
    assert.ok(answer.usage.inputTokens > 0 && answer.usage.outputTokens > 0, JSON.stringify(answer.usage));
  });

  test(`text.length.${name}`, async (backend) => {
    const answer = await generateText({ model: on(backend), prompt: text.short.user, maxOutputTokens: 16, maxRetries: 0 });
    assert.equal(answer.finishReason, "length");
  });

  test(`stream.plain.${name}`, async (backend) => {
    const result = streamText({ model: on(backend), prompt: text.plain, maxRetries: 0 });
    let all = "";
    for await (const piece of result.textStream) all += piece;
    assert.equal(all, said(text.plain));
    assert.equal(await result.finishReason, "stop");
    assert.ok((await result.usage).outputTokens > 0, JSON.stringify(await result.usage));
  });

  test(`stream.cut.${name}`, async (backend) => {
    for (const alias of ["cut", "failing-stream"]) {
      const errors = [];
      const result = streamText({ model: on(backend, alias), prompt: "hi there", maxRetries: 0, onError: ({ error }) => errors.push(error) });
      const kinds = [];
      try {
        for await (const part of result.fullStream) kinds.push(part.type);
      } catch (error) {
        errors.push(error);
      }
      assert.ok(errors.length, `${alias}: it ended cleanly with ${kinds}`);
    }
  });

  test(`stream.cancel.${name}`, async (backend) => {
    const stop = new AbortController();
    const result = streamText({ model: on(backend, "slow"), prompt: "Tell a long story ".repeat(20), abortSignal: stop.signal, onError() {} });
    let count = 0;
    for await (const _ of result.textStream) if (++count === 3) stop.abort();
    await streamsAreClosed();
  });

  test(`tools.round_trip.${name}`, async (backend) => {
    asked.length = 0;
    const answer = await generateText({
      model: on(backend), prompt: tools.one, tools: { get_weather: weather }, stopWhen: isStepCount(3), maxRetries: 0,
    });
    assert.deepEqual(asked, [{ city: tools.city }]);
    assert.equal(answer.text, tools.final);
    assert.equal(answer.steps.length, 2);
    assert.equal(answer.steps[0].finishReason, "tool-calls");
  });

  test(`tools.streamed.${name}`, async (backend) => {
    const result = streamText({
      model: on(backend), prompt: tools.parallel, tools: { get_weather: weather, get_time: clock }, stopWhen: isStepCount(3), maxRetries: 0,
    });
    let all = "";
    for await (const piece of result.textStream) all += piece;
    assert.match(all, /noon/);
    assert.match(all, /sunny/);
    const [first] = await result.steps;
    assert.deepEqual(first.toolCalls.map((c) => [c.toolName, c.input]), [["get_weather", { city: tools.city }], ["get_time", {}]]);
  });

  test(`image.inline.${name}`, async (backend) => {
    const file = { type: "file", data: image.base64, mediaType: image.media_type };
    const messages = [{ role: "user", content: [{ type: "text", text: image.user }, file] }];
    assert.equal((await generateText({ model: on(backend), messages, maxRetries: 0 })).text, image.answer);
  });

  test(`schema.object.${name}`, async (backend) => {
    const output = Output.object({ schema: person });
    const answer = await generateText({ model: on(backend), prompt: schema.user, output, maxRetries: 0 });
    assert.deepEqual(answer.output.tags, schema.answer.tags);
    const streamed = streamText({ model: on(backend), prompt: schema.user, output, maxRetries: 0 });
    assert.equal((await streamed.output).name, schema.answer.name);
  });

  test(`errors.retried.${name}`, async (backend) => {
    await failNext();
    assert.equal((await generateText({ model: on(backend, "flaky"), prompt: "hi", maxRetries: 1 })).text, said("hi"));
  });
}

// Where the status decides whether the SDK tries again.
const again = { 401: false, 402: false, 403: false, 404: false, 400: false, 429: true, 502: true, 504: true };

for (const [name, provider] of Object.entries(providers)) {
  errorCases(
    (model, key) => generateText({ model: provider(model, key), prompt: "hi", maxRetries: 0 }),
    (error, { status, code }) => {
      assert.ok(APICallError.isInstance(error), String(error));
      assert.equal(error.statusCode, status);
      assert.equal(error.responseHeaders["x-gatewright-error"], code);
      assert.equal(error.isRetryable, again[status]);
      // The body was understood, else the message is the status line.
      assert.ok(error.data?.error?.message && error.message === error.data.error.message, error.message);
    },
    `.${name}`,
  );
}

await run();
