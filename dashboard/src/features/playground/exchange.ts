// Questions that several models answer at the same time: calls, what came of them so far, and stopping them.
import { useEffect, useRef, useState } from "react";
import { page as pageOf } from "@/api/lists";
import { ApiError } from "@/api/client";
import { useMay } from "@/api/permissions";
import type { Log } from "@/api/types";
import { dropKey, dropKeyAtOnce, playgroundKey } from "./key";
import { type Call, chat, type Head, type Told, type Turn } from "./stream";

const RECORD_TRIES = 20;
const RECORD_WAIT_MS = 500;

export type Answer = { model: string; text: string; head: Head | null; told: Told | null; record: Log | null; fault: string | null; /** Ended by us: by whoever asks, or by a guardrail. */ stopped: boolean; running: boolean };
export type Exchange = { question: string; answers: Answer[] };
/** What all models are asked with. */
export type Parameters = { system: string; temperature: string; most: string; guardrails: string[]; cache: string };

/** The record of a call, which is there a moment after the call ended. */
async function recordOf(requestId: string, signal: AbortSignal): Promise<Log | null> {
  for (let tries = 0; tries < RECORD_TRIES && !signal.aborted; tries += 1) {
    const log = (await pageOf<Log>("/api/v1/logs", { request_id: requestId }, signal)).data[0];
    if (log) return log;
    await new Promise((resolve) => window.setTimeout(resolve, RECORD_WAIT_MS));
  }
  return null;
}

/** What a model is told of the conversation so far: its own answers, those of the first where it was not there yet. Pure. */
export function turnsOf(past: Exchange[], column: number, system: string, question: string): Turn[] {
  return [
    ...(system.trim() ? [{ role: "system" as const, content: system }] : []),
    ...past.flatMap((one): Turn[] => {
      const answer = one.answers[column] ?? one.answers[0];
      return answer?.text ? [{ role: "user", content: one.question }, { role: "assistant", content: answer.text }] : [];
    }),
    { role: "user", content: question },
  ];
}

/** The conversation, and what can be done with it. The key goes with the page. */
export function useExchanges() {
  const [past, setPast] = useState<Exchange[]>([]);
  const seesLogs = useMay("logs:read");
  const stopper = useRef<AbortController | null>(null);
  useEffect(() => {
    window.addEventListener("pagehide", dropKeyAtOnce);
    return () => {
      window.removeEventListener("pagehide", dropKeyAtOnce);
      stopper.current?.abort();
      dropKey();
    };
  }, []);

  const put = (at: number, column: number, change: (answer: Answer) => Partial<Answer>) =>
    setPast((before) => before.map((one, place) => (place === at ? { ...one, answers: one.answers.map((answer, other) => (other === column ? { ...answer, ...change(answer) } : answer)) } : one)));

  const ask = async (at: number, column: number, call: Omit<Call, "key">, signal: AbortSignal) => {
    let head: Head | null = null;
    try {
      const key = await playgroundKey();
      const told = await chat({ ...call, key }, (piece) => put(at, column, (answer) => ({ text: answer.text + piece })), signal, (found) => {
        head = found;
        put(at, column, () => ({ head: found }));
      });
      put(at, column, () => ({ told, running: false }));
    } catch (error) {
      const fault = signal.aborted ? "Stopped." : error instanceof Error ? error.message : String(error);
      put(at, column, () => ({ fault, stopped: signal.aborted || (error instanceof ApiError && error.code === "guardrail_blocked"), running: false }));
    }
    const requestId = (head as Head | null)?.requestId;
    if (!requestId || !seesLogs || signal.aborted) return;
    const record = await recordOf(requestId, signal).catch(() => null);
    put(at, column, () => ({ record }));
  };

  const send = (models: string[], question: string, { system, temperature, most, guardrails, cache }: Parameters) => {
    stopper.current = new AbortController();
    const { signal } = stopper.current;
    const at = past.length;
    const answers = models.map((model): Answer => ({ model, text: "", head: null, told: null, record: null, fault: null, stopped: false, running: true }));
    setPast([...past, { question, answers }]);
    models.forEach((model, column) => {
      const call = { model, turns: turnsOf(past, column, system, question), temperature: temperature === "" ? undefined : Number(temperature), maxTokens: most === "" ? undefined : Number(most), guardrails, cache: cache || undefined };
      void ask(at, column, call, signal);
    });
  };

  const stop = () => stopper.current?.abort();
  const clear = () => {
    stop();
    setPast([]);
  };
  return { past, running: past.some((one) => one.answers.some((answer) => answer.running)), send, stop, clear };
}
