import { describe, expect, it } from "vitest";
import { answered, asked, offered, settings } from "./turns";

const text = (value: string) => ({ kind: "text", text: value });

describe("what was sent", () => {
  it("reads chat, with tools, their results and images", () => {
    const turns = asked({
      model: "m",
      messages: [
        { role: "system", content: "be brief" },
        { role: "user", content: [{ type: "text", text: "what is it?" }, { type: "image_url", image_url: { url: "https://x.invalid/a.png" } }, { type: "image_url", image_url: { url: `data:image/png;base64,${"A".repeat(4096)}` } }] },
        { role: "assistant", content: null, tool_calls: [{ id: "c1", type: "function", function: { name: "look", arguments: '{"a":1}' } }] },
        { role: "tool", tool_call_id: "c1", content: "a cat" },
      ],
    });
    expect(turns).toEqual([
      { role: "system", parts: [text("be brief")] },
      { role: "user", parts: [text("what is it?"), { kind: "media", what: "image", about: "https://x.invalid/a.png" }, { kind: "media", what: "image", about: "image/png, 3 KiB" }] },
      { role: "assistant", parts: [{ kind: "call", id: "c1", name: "look", input: '{\n  "a": 1\n}' }] },
      { role: "tool", parts: [{ kind: "result", id: "c1", text: "a cat", failed: false }] },
    ]);
  });
  it("reads messages, responses, Gemini's contents and Bedrock's", () => {
    expect(asked({ system: "s", messages: [{ role: "user", content: [{ type: "tool_result", tool_use_id: "t", is_error: true, content: [{ type: "text", text: "no" }] }] }] })).toEqual([
      { role: "system", parts: [text("s")] },
      { role: "user", parts: [{ kind: "result", id: "t", text: "no", failed: true }] },
    ]);
    expect(asked({ instructions: "i", input: [{ role: "user", content: [{ type: "input_text", text: "q" }] }, { type: "function_call_output", call_id: "c", output: "42" }] })).toEqual([
      { role: "system", parts: [text("i")] },
      { role: "user", parts: [text("q")] },
      { role: "tool", parts: [{ kind: "result", id: "c", text: "42", failed: false }] },
    ]);
    expect(asked({ input: "just text" })).toEqual([{ role: "user", parts: [text("just text")] }]);
    expect(asked({ systemInstruction: { parts: [{ text: "s" }] }, contents: [{ role: "model", parts: [{ functionCall: { name: "f", args: { x: 1 } } }] }] })).toEqual([
      { role: "system", parts: [text("s")] },
      { role: "assistant", parts: [{ kind: "call", id: "", name: "f", input: '{\n  "x": 1\n}' }] },
    ]);
    expect(asked({ messages: [{ role: "user", content: [{ text: "hi" }, { toolResult: { toolUseId: "u", status: "error", content: [{ json: { a: 1 } }] } }] }] })?.[0]?.parts[1]).toEqual({ kind: "result", id: "u", text: '{\n  "a": 1\n}', failed: true });
    expect([asked(null), asked("x"), asked({ model: "m" })]).toEqual([null, null, null]);
  });
  it("keeps what it does not know", () => {
    expect(asked({ messages: [{ role: "user", content: [{ type: "hologram", depth: 3 }] }, 7] })).toEqual([
      { role: "user", parts: [{ kind: "other", json: '{\n  "type": "hologram",\n  "depth": 3\n}' }] },
      { role: "user", parts: [{ kind: "other", json: "7" }] },
    ]);
  });
  it("tells tools and parameters", () => {
    const body = { model: "m", temperature: 0.5, messages: [], tools: [{ type: "function", function: { name: "f", description: "d" } }, { functionDeclarations: [{ name: "g" }] }] };
    expect(offered(body)).toEqual([{ name: "f", about: "d" }, { name: "g", about: "" }]);
    expect(settings(body)).toEqual([["temperature", "0.5"]]);
  });
});

describe("what came back", () => {
  const sse = (...events: unknown[]) => events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");
  it("reads whole answers", () => {
    expect(answered("application/json", JSON.stringify({ choices: [{ message: { role: "assistant", content: "hi", reasoning_content: "hm" } }] }))).toEqual([{ role: "assistant", parts: [{ kind: "thinking", text: "hm" }, text("hi")] }]);
    expect(answered("application/json", JSON.stringify({ role: "assistant", content: [{ type: "thinking", thinking: "t" }, { type: "tool_use", id: "1", name: "f", input: {} }] }))?.[0]?.parts.map(({ kind }) => kind)).toEqual(["thinking", "call"]);
    expect(answered("application/json", JSON.stringify({ output: [{ type: "message", role: "assistant", content: [{ type: "output_text", text: "x" }] }] }))).toEqual([{ role: "assistant", parts: [text("x")] }]);
    expect(answered("application/json", JSON.stringify({ error: { message: "no" } }))).toEqual([{ role: "error", parts: [text("no")] }]);
    expect(answered("application/json", "{broken")).toBeNull();
  });
  it("puts streams together", () => {
    const chat = sse({ choices: [{ delta: { role: "assistant", content: "Hel" } }] }, { choices: [{ delta: { content: "lo" } }] }, { choices: [{ delta: { tool_calls: [{ index: 0, id: "c", function: { name: "f", arguments: '{"a"' } }] } }] }, { choices: [{ delta: { tool_calls: [{ index: 0, function: { arguments: ":1}" } }] } }] });
    expect(answered("text/event-stream", `${chat}data: [DONE]\n\n`)).toEqual([{ role: "assistant", parts: [text("Hello"), { kind: "call", id: "c", name: "f", input: '{\n  "a": 1\n}' }] }]);
    const messages = sse({ type: "content_block_start", index: 0, content_block: { type: "thinking" } }, { type: "content_block_delta", index: 0, delta: { thinking: "hm" } }, { type: "content_block_delta", index: 1, delta: { text: "yes" } }, { type: "error", error: { message: "cut" } });
    expect(answered("text/event-stream", messages)).toEqual([{ role: "assistant", parts: [{ kind: "thinking", text: "hm" }, text("yes")] }, { role: "error", parts: [text("cut")] }]);
    expect(answered("text/event-stream", sse({ candidates: [{ content: { role: "model", parts: [{ text: "a" }] } }] }, { candidates: [{ content: { parts: [{ text: "b" }] } }] }))).toEqual([{ role: "assistant", parts: [text("ab")] }]);
    expect(answered("text/event-stream", sse({ type: "response.output_text.delta", delta: "a" }, { type: "response.output_text.delta", delta: "b" }))).toEqual([{ role: "assistant", parts: [text("ab")] }]);
    expect(answered("text/event-stream", "data: [DONE]\n\n")).toBeNull();
  });
});
