// Follows records as they are stored: the gateway's events, gathered a moment so that a busy gateway does not draw a page for each.
import { useEffect, useRef, useState } from "react";
import type { Log } from "@/api/types";

/** Rows that are kept of what came live; older ones are in the list itself when it is asked anew. */
const MOST = 5_000;
const GATHER_MS = 200;
/** Filters that say nothing of a record that was stored just now. */
const MEANINGLESS = new Set(["from", "to", "request_id", "feedback", "min_score", "max_score"]);

export type Tail = {
  /** Newest first. */
  rows: Log[];
  state: "off" | "opening" | "open" | "ended";
  /** Why it ended, in the gateway's word. */
  reason: string | null;
  /** Records that were stored and not sent, as far as that is known. */
  missed: number;
};

const OFF: Tail = { rows: [], state: "off", reason: null, missed: 0 };

/** The address of the events for a query of the list. */
export function tailUrl(query: Record<string, string | undefined>): string {
  const asked = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined && !MEANINGLESS.has(name)) asked.set(name, value);
  return `/api/v1/logs/tail?${asked}`;
}

/** New ones in front of those that are there; one that comes twice stands once. */
export function joined(fresh: Log[], old: Log[]): Log[] {
  if (fresh.length === 0) return old;
  const seen = new Set<string>();
  return [...fresh, ...old].filter((log) => !seen.has(log.id) && seen.add(log.id));
}

/** Follows while `on`; `onOpen` is told that from now on everything comes. */
export function useTail(query: Record<string, string | undefined>, on: boolean, onOpen: () => void): Tail {
  const [tail, setTail] = useState<Tail>(OFF);
  const opened = useRef(onOpen);
  useEffect(() => {
    opened.current = onOpen;
  }, [onOpen]);
  const url = tailUrl(query);
  useEffect(() => {
    if (!on) {
      setTail(OFF);
      return;
    }
    setTail({ ...OFF, state: "opening" });
    const source = new EventSource(url);
    let gathered: Log[] = [];
    let timer: number | undefined;
    const flush = () => {
      timer = undefined;
      const fresh = gathered.reverse();
      gathered = [];
      setTail((old) => ({ ...old, rows: joined(fresh, old.rows).slice(0, MOST) }));
    };
    const data = (event: Event) => JSON.parse((event as MessageEvent<string>).data) as Record<string, unknown>;
    source.addEventListener("open", (event) => {
      // The connection's own event of that name has no data.
      if (!("data" in event)) return;
      setTail((old) => ({ ...old, state: "open", reason: null }));
      opened.current();
    });
    source.addEventListener("record", (event) => {
      gathered.push(data(event) as unknown as Log);
      timer ??= window.setTimeout(flush, GATHER_MS);
    });
    source.addEventListener("dropped", (event) => {
      const { records } = data(event);
      setTail((old) => ({ ...old, missed: old.missed + (typeof records === "number" ? records : 1) }));
    });
    source.addEventListener("end", (event) => {
      const { reason } = data(event);
      // A gateway that restarts is come back to, as is one whose connection broke; the rest is for good.
      if (reason === "shutdown") return;
      source.close();
      setTail((old) => ({ ...old, state: "ended", reason: String(reason) }));
    });
    source.onerror = () => {
      const ended = source.readyState === EventSource.CLOSED;
      setTail((old) => (old.state === "ended" ? old : { ...old, state: ended ? "ended" : "opening", reason: ended ? "refused" : null }));
    };
    return () => {
      source.close();
      window.clearTimeout(timer);
    };
  }, [url, on]);
  return tail;
}
