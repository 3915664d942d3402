// A chat call with the gateway's own endpoint, read as it streams.
import { errorOf } from "@/api/client";

export type Turn = { role: "system" | "user" | "assistant"; content: string };
export type Call = { key: string; model: string; turns: Turn[]; temperature?: number; maxTokens?: number; guardrails?: string[]; cache?: string };
/** What the gateway's head of an answer says, also of one that it refused. */
export type Head = { requestId: string | null; provider: string | null; upstreamModel: string | null; attempts: number; cache: string | null; guardrails: { name: string; action: string }[] };
export type Told = { firstMs: number | null; totalMs: number; inputTokens: number | null; outputTokens: number | null };

/** Splits what has come of a stream of events into whole ones and the rest. Pure. */
export function events(text: string): { data: string[]; rest: string } {
  const parts = text.replaceAll("\r\n", "\n").split("\n\n");
  const rest = parts.pop() ?? "";
  const data = parts.map((part) =>
    part
      .split("\n")
      .filter((line) => line.startsWith("data:"))
      .map((line) => line.slice(5).trimStart())
      .join("\n"),
  );
  return { data: data.filter(Boolean), rest };
}

type Chunk = {
  choices?: { delta?: { content?: string | null; refusal?: string | null } }[];
  usage?: { prompt_tokens?: number; completion_tokens?: number } | null;
  error?: unknown;
};

/** Reads the head. Guardrails stand in it as `name=action`, with commas between them. Pure. */
export function headOf(headers: Headers): Head {
  const of = (name: string) => headers.get(name);
  const guardrails = (of("x-gatewright-guardrails") ?? "").split(",").flatMap((one) => {
    const [name = "", action = ""] = one.trim().split("=");
    return name === "" ? [] : [{ name, action }];
  });
  return {
    requestId: of("x-request-id"),
    provider: of("x-gatewright-provider"),
    upstreamModel: of("x-gatewright-upstream-model"),
    attempts: Number(of("x-gatewright-attempts") ?? 0),
    cache: of("x-gatewright-cache"),
    guardrails,
  };
}

function headersOf({ key, guardrails = [], cache }: Call): Record<string, string> {
  const headers: Record<string, string> = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  if (guardrails.length > 0) headers["x-gatewright-guardrails"] = guardrails.join(",");
  if (cache) headers["x-gatewright-cache"] = cache;
  return headers;
}

/** Calls, hands the head and every piece of the answer on, and tells times and tokens. Throws what the gateway refused. */
export async function chat(call: Call, onText: (piece: string) => void, signal: AbortSignal, onHead?: (head: Head) => void): Promise<Told> {
  const begun = performance.now();
  const answer = await fetch("/v1/chat/completions", {
    method: "POST",
    headers: headersOf(call),
    body: JSON.stringify({
      model: call.model,
      messages: call.turns,
      stream: true,
      stream_options: { include_usage: true },
      temperature: call.temperature,
      max_completion_tokens: call.maxTokens,
    }),
    signal,
    credentials: "omit",
  });
  onHead?.(headOf(answer.headers));
  if (!answer.ok || answer.body === null) throw errorOf(answer.status, await answer.json().catch(() => null));
  const told: Told = { firstMs: null, totalMs: 0, inputTokens: null, outputTokens: null };
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let left = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    const { data, rest } = events(left + value);
    left = rest;
    for (const one of data) {
      if (one === "[DONE]") continue;
      const chunk = JSON.parse(one) as Chunk;
      if (chunk.error) throw errorOf(200, chunk);
      const piece = chunk.choices?.[0]?.delta?.content ?? chunk.choices?.[0]?.delta?.refusal ?? "";
      if (piece !== "") {
        told.firstMs ??= performance.now() - begun;
        onText(piece);
      }
      if (chunk.usage) {
        told.inputTokens = chunk.usage.prompt_tokens ?? null;
        told.outputTokens = chunk.usage.completion_tokens ?? null;
      }
    }
  }
  told.totalMs = performance.now() - begun;
  return told;
}
