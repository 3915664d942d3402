// Reads the bodies of calls, in whichever format, into turns: who said what, which tools were called, and what else was there.
// Whatever does not fit is kept as it is and shown as JSON: nothing is left out silently. Pure, and bounded.
import { answerOf } from "./answer";

export type Part =
  | { kind: "text"; text: string }
  | { kind: "thinking"; text: string }
  | { kind: "call"; id: string; name: string; input: string }
  | { kind: "result"; id: string; text: string; failed: boolean }
  /** An image, a sound, a file: named, never fetched nor drawn. */
  | { kind: "media"; what: string; about: string }
  | { kind: "other"; json: string };
export type Turn = { role: string; parts: Part[] };

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value);
export const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
export const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]);
export const pretty = (value: unknown): string => (typeof value === "string" ? value : (JSON.stringify(value, null, 2) ?? ""));

/** JSON in JSON, as tools get it, made readable where it is JSON. */
export function readable(value: unknown): string {
  if (typeof value !== "string") return pretty(value);
  try {
    return JSON.stringify(JSON.parse(value), null, 2);
  } catch {
    return value;
  }
}

/** How much data there is in base64, in words. */
function size(base64: string): string {
  const bytes = Math.floor((base64.length * 3) / 4);
  return bytes < 1024 ? `${bytes} B` : bytes < 1_048_576 ? `${Math.round(bytes / 1024)} KiB` : `${(bytes / 1_048_576).toFixed(1)} MiB`;
}

/** What is said of an address, which may be the data itself. */
function place(url: string): string {
  const [, type, data = ""] = /^data:([^;,]*)[^,]*,(.*)$/s.exec(url) ?? [];
  return type === undefined ? url : `${type}, ${size(data)}`;
}

/** One part of a message in any of the formats. */
export function part(value: unknown): Part[] {
  if (typeof value === "string") return value === "" ? [] : [{ kind: "text", text: value }];
  if (!isObject(value)) return value === null || value === undefined ? [] : [{ kind: "other", json: pretty(value) }];
  const type = textOf(value.type);
  const source = isObject(value.source) ? value.source : null;
  if (type === "thinking" || type === "reasoning") return [{ kind: "thinking", text: textOf(value.thinking) || list(value.summary).map((one) => textOf((one as Json).text)).join("\n") || textOf(value.text) }];
  if (type === "image_url" || type === "input_image") return [{ kind: "media", what: "image", about: place(textOf(isObject(value.image_url) ? value.image_url.url : value.image_url) || textOf(value.file_id)) }];
  if (type === "input_audio") return [{ kind: "media", what: "audio", about: isObject(value.input_audio) ? `${textOf(value.input_audio.format)}, ${size(textOf(value.input_audio.data))}` : "" }];
  if (type === "file" || type === "input_file") return [{ kind: "media", what: "file", about: textOf((isObject(value.file) ? value.file : value).filename) || textOf((isObject(value.file) ? value.file : value).file_id) || "data" }];
  if ((type === "image" || type === "document") && source) return [{ kind: "media", what: type, about: textOf(source.url) || textOf(source.file_id) || (source.data ? `${textOf(source.media_type)}, ${size(textOf(source.data))}` : textOf(source.media_type)) }];
  if (type === "tool_use" || type === "server_tool_use") return [{ kind: "call", id: textOf(value.id), name: textOf(value.name), input: readable(value.input) }];
  if (type === "function_call" || type === "custom_tool_call") return [{ kind: "call", id: textOf(value.call_id), name: textOf(value.name), input: readable(value.arguments ?? value.input) }];
  if (type === "tool_result" || type.endsWith("_tool_result")) return [{ kind: "result", id: textOf(value.tool_use_id), text: said(value.content), failed: value.is_error === true }];
  if (type === "function_call_output" || type === "custom_tool_call_output") return [{ kind: "result", id: textOf(value.call_id), text: said(value.output), failed: false }];
  if (isObject(value.inlineData) || isObject(value.fileData)) {
    const data = (value.inlineData ?? value.fileData) as Json;
    return [{ kind: "media", what: textOf(data.mimeType).split("/")[0] || "file", about: textOf(data.fileUri) || `${textOf(data.mimeType)}, ${size(textOf(data.data))}` }];
  }
  if (isObject(value.functionCall)) return [{ kind: "call", id: textOf(value.functionCall.id), name: textOf(value.functionCall.name), input: readable(value.functionCall.args) }];
  if (isObject(value.functionResponse)) return [{ kind: "result", id: textOf(value.functionResponse.name), text: readable(value.functionResponse.response), failed: false }];
  if (isObject(value.toolUse)) return [{ kind: "call", id: textOf(value.toolUse.toolUseId), name: textOf(value.toolUse.name), input: readable(value.toolUse.input) }];
  if (isObject(value.toolResult)) return [{ kind: "result", id: textOf(value.toolResult.toolUseId), text: said(value.toolResult.content), failed: value.toolResult.status === "error" }];
  if (isObject(value.reasoningContent)) return [{ kind: "thinking", text: textOf((value.reasoningContent.reasoningText as Json | undefined)?.text) }];
  if (isObject(value.image)) return [{ kind: "media", what: "image", about: textOf(value.image.format) }];
  if (typeof value.refusal === "string" && type === "refusal") return [{ kind: "text", text: value.refusal }];
  if (typeof value.text === "string") return value.thought === true ? [{ kind: "thinking", text: value.text }] : value.text === "" ? [] : [{ kind: "text", text: value.text }];
  return [{ kind: "other", json: pretty(value) }];
}

/** The text of what tools gave, and placeholders for the rest of it. */
function said(value: unknown): string {
  return list(value)
    .flatMap((one) => (isObject(one) && one.json !== undefined ? [readable(one.json)] : part(one).map((found) => ("text" in found ? found.text : found.kind === "media" ? `[${found.what}: ${found.about}]` : found.kind === "other" ? found.json : ""))))
    .join("\n");
}

/** A message: its role, its parts, and the tools it calls. */
export function turn(value: unknown, fallback: string): Turn {
  if (!isObject(value)) return { role: fallback, parts: part(value) };
  const type = textOf(value.type);
  if (type === "function_call" || type === "custom_tool_call" || type === "reasoning") return { role: "assistant", parts: part(value) };
  if (type.endsWith("_output")) return { role: "tool", parts: part(value) };
  const role = textOf(value.role) || fallback;
  if (role === "tool" && typeof value.tool_call_id === "string") return { role, parts: [{ kind: "result", id: value.tool_call_id, text: said(value.content), failed: false }] };
  const parts = list(value.content ?? value.parts ?? value.message).flatMap(part);
  const thought = textOf(value.reasoning_content) || textOf(value.reasoning);
  if (thought) parts.unshift({ kind: "thinking", text: thought });
  if (typeof value.refusal === "string" && value.refusal) parts.push({ kind: "text", text: value.refusal });
  for (const call of list(value.tool_calls)) {
    const made = isObject(call) && isObject(call.function) ? call.function : isObject(call) && isObject(call.custom) ? call.custom : null;
    if (made) parts.push({ kind: "call", id: textOf((call as Json).id), name: textOf(made.name), input: readable(made.arguments ?? made.input) });
  }
  return { role: role === "model" ? "assistant" : role, parts };
}

/** The turns that a request sent; `null` where it is not a conversation. */
export function asked(body: unknown): Turn[] | null {
  if (!isObject(body)) return null;
  const system = body.system ?? body.systemInstruction ?? body.system_instruction ?? body.instructions;
  const head: Turn[] = system === undefined || system === null ? [] : [{ ...turn(isObject(system) ? system : { content: system }, "system"), role: "system" }];
  const turns = body.messages ?? body.contents ?? (Array.isArray(body.input) && body.input.some((one) => isObject(one) && (one.role !== undefined || one.type !== undefined)) ? body.input : undefined);
  if (Array.isArray(turns)) return [...head, ...turns.map((one) => turn(one, "user"))];
  const single = body.input ?? body.prompt ?? body.query ?? body.content ?? body.texts;
  if (single === undefined) return null;
  const more = Array.isArray(body.documents) ? body.documents : [];
  return [...head, { role: "user", parts: list(single).flatMap(part) }, ...(more.length > 0 ? [{ role: "documents", parts: more.flatMap(part) }] : [])];
}

/** The names of the tools that a request offered. */
export function offered(body: unknown): { name: string; about: string }[] {
  if (!isObject(body)) return [];
  const config = isObject(body.toolConfig) ? list(body.toolConfig.tools) : [];
  return [...list(body.tools), ...config].flatMap((tool) => {
    if (!isObject(tool)) return [];
    const declared = list(tool.functionDeclarations ?? tool.function_declarations);
    const inner = declared.length > 0 ? declared : [tool.function ?? tool.toolSpec ?? tool];
    return inner.filter(isObject).map((one) => ({ name: textOf(one.name) || textOf(one.type), about: textOf(one.description) }));
  });
}

/** Parameters of a request that are neither its turns nor its tools. */
export function settings(body: unknown): [string, string][] {
  if (!isObject(body)) return [];
  const apart = new Set(["messages", "contents", "input", "prompt", "query", "system", "systemInstruction", "system_instruction", "instructions", "tools", "toolConfig", "documents", "texts", "content", "model"]);
  return Object.entries(body).filter(([name]) => !apart.has(name)).map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]);
}

/** JSON of a body, or `null`. */
export function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The turns of an answer, whole or streamed; `null` where it is not a conversation. */
export const answered = (contentType: string, text: string): Turn[] | null => answerOf(contentType, text);
