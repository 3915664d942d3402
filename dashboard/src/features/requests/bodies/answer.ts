// Reads answers into turns. A stream's events are put together first, into what the whole answer would have been. Pure.
import { json, list, part, type Part, readable, textOf, type Turn, turn } from "./turns";

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value);
const at = (value: unknown, ...path: (string | number)[]): unknown => path.reduce<unknown>((inner, name) => (isObject(inner) || Array.isArray(inner) ? (inner as Json)[name] : undefined), value);

/** The data of a stream's events that is JSON. */
export function eventsOf(text: string): Json[] {
  const found: Json[] = [];
  for (const block of text.split(/\r?\n\r?\n/)) {
    const data = block.split(/\r?\n/).filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trimStart()).join("\n");
    const value = data === "" ? null : json(data);
    if (isObject(value)) found.push(value);
  }
  return found;
}

/** What a whole answer says. */
function whole(body: Json): Turn[] | null {
  if (isObject(body.error)) return [{ role: "error", parts: [{ kind: "text", text: textOf(body.error.message) || readable(body.error) }] }];
  if (Array.isArray(body.choices)) return body.choices.map((choice) => (isObject(choice) && isObject(choice.message) ? turn(choice.message, "assistant") : { role: "assistant", parts: part(at(choice, "text")) }));
  if (Array.isArray(body.candidates)) return body.candidates.map((one) => turn(at(one, "content") ?? {}, "assistant"));
  if (Array.isArray(body.output)) return body.output.map((item) => turn(item, "assistant"));
  if (isObject(body.output) && isObject(body.output.message)) return [turn(body.output.message, "assistant")];
  if (isObject(body.message)) return [turn(body.message, "assistant")];
  if (Array.isArray(body.content)) return [turn(body, "assistant")];
  if (typeof body.text === "string") return [{ role: "assistant", parts: part(body.text) }];
  return null;
}

type Call = { id: string; name: string; input: string };
type Sums = { text: string; thinking: string; calls: Map<string, Call>; fault: string };

function callAt(sums: Sums, place: unknown): Call {
  const key = String(place ?? 0);
  const found = sums.calls.get(key) ?? { id: "", name: "", input: "" };
  sums.calls.set(key, found);
  return found;
}

/** OpenAI's chat and completions. */
function chat(event: Json, sums: Sums) {
  for (const choice of list(event.choices)) {
    const delta = at(choice, "delta");
    sums.text += textOf(at(delta, "content")) + textOf(at(delta, "refusal")) + textOf(at(choice, "text"));
    sums.thinking += textOf(at(delta, "reasoning_content")) || textOf(at(delta, "reasoning"));
    for (const call of list(at(delta, "tool_calls"))) {
      const made = callAt(sums, at(call, "index"));
      made.id += textOf(at(call, "id"));
      made.name += textOf(at(call, "function", "name"));
      made.input += textOf(at(call, "function", "arguments"));
    }
  }
}

/** Anthropic's messages, and Cohere's chat, whose events look alike. */
function blocks(event: Json, sums: Sums) {
  const started = at(event, "content_block");
  if (isObject(started) && textOf(started.type).endsWith("tool_use")) Object.assign(callAt(sums, event.index), { id: textOf(started.id), name: textOf(started.name) });
  if (isObject(started)) sums.text += textOf(started.text);
  const delta = at(event, "delta");
  sums.text += textOf(at(delta, "text")) || textOf(at(delta, "message", "content", "text"));
  sums.thinking += textOf(at(delta, "thinking")) || textOf(at(delta, "message", "content", "thinking"));
  if (typeof at(delta, "partial_json") === "string") callAt(sums, event.index).input += textOf(at(delta, "partial_json"));
  const called = at(delta, "message", "tool_calls");
  if (isObject(called)) {
    const made = callAt(sums, event.index);
    made.id += textOf(called.id);
    made.name += textOf(at(called, "function", "name"));
    made.input += textOf(at(called, "function", "arguments"));
  }
}

/** Puts a stream together. */
function streamed(events: Json[]): Turn[] | null {
  const done = events.findLast((event) => ["response.completed", "response.incomplete", "response.failed"].includes(textOf(event.type)));
  if (done && isObject(done.response)) return whole(done.response);
  const sums: Sums = { text: "", thinking: "", calls: new Map(), fault: "" };
  for (const event of events) {
    const type = textOf(event.type);
    if (isObject(event.error)) sums.fault = textOf(event.error.message) || readable(event.error);
    if (Array.isArray(event.choices)) chat(event, sums);
    else if (Array.isArray(event.candidates)) {
      for (const found of whole(event)?.flatMap(({ parts }) => parts) ?? []) {
        if (found.kind === "text") sums.text += found.text;
        else if (found.kind === "thinking") sums.thinking += found.text;
        else if (found.kind === "call") sums.calls.set(String(sums.calls.size), found);
      }
    } else if (type === "response.output_text.delta") sums.text += textOf(event.delta);
    else if (type === "response.function_call_arguments.delta") callAt(sums, event.output_index).input += textOf(event.delta);
    else if (type === "response.output_item.added" && textOf(at(event, "item", "type")) === "function_call") Object.assign(callAt(sums, event.output_index), { id: textOf(at(event, "item", "call_id")), name: textOf(at(event, "item", "name")) });
    else blocks(event, sums);
  }
  const parts: Part[] = [];
  if (sums.thinking) parts.push({ kind: "thinking", text: sums.thinking });
  if (sums.text) parts.push({ kind: "text", text: sums.text });
  for (const call of sums.calls.values()) parts.push({ kind: "call", ...call, input: readable(call.input) });
  const turns: Turn[] = parts.length > 0 ? [{ role: "assistant", parts }] : [];
  if (sums.fault) turns.push({ role: "error", parts: [{ kind: "text", text: sums.fault }] });
  return turns.length > 0 ? turns : null;
}

/** The turns of an answer. */
export function answerOf(contentType: string, text: string): Turn[] | null {
  if (contentType.includes("event-stream") || /^(event|data|id|:)/.test(text)) return streamed(eventsOf(text));
  const body = json(text);
  if (Array.isArray(body)) return streamed(body.filter(isObject));
  return isObject(body) ? whole(body) : null;
}
