// How a request ended, as a badge.
import type { Log } from "@/api/types";
import { words } from "@/ui/format";
import { Badge, type Tone } from "@/ui/panels";

const TONES: Record<string, Tone> = { success: "good", refused: "warn", upstream_error: "bad", stream_cut: "bad", client_disconnect: "info", shutdown: "neutral", lost: "bad" };

/** The badge: its status and the outcome, or that the cache answered. */
export function Outcome({ log }: { log: Pick<Log, "outcome" | "status" | "cache"> }) {
  const cached = log.outcome === "success" && log.cache === "hit";
  return (
    <Badge tone={cached ? "info" : (TONES[log.outcome] ?? "neutral")} title={words(log.outcome)}>
      <span className="font-mono text-[0.8rem]">{log.status}</span>
      <span className="truncate">{cached ? "cache" : log.outcome === "success" ? "ok" : words(log.outcome)}</span>
    </Badge>
  );
}
