// A small question to a provider, which counts nowhere: is it there, and does it take the credential?
import { useState } from "react";
import { post } from "@/api/change";
import type { Probed } from "@/api/types";
import { Button } from "@/ui/button";
import { count, duration } from "@/ui/format";
import { Note } from "@/ui/panels";

/** What came of it. */
export function ProbeResult({ of }: { of: Probed }) {
  const models = of.models.length;
  const status = of.status ? `, status ${of.status}` : "";
  return (
    <Note tone={of.ok ? "good" : "bad"}>
      <p role="status" className="num break-words first-letter:uppercase">
        {of.ok ? `It answers${models > 0 ? ` and lists ${count(models)} ${models === 1 ? "model" : "models"}` : ""}` : (of.reason ?? "It did not answer")}
        <span className="whitespace-nowrap"> · {duration(of.latency_ms)}{status}</span>
      </p>
    </Note>
  );
}

/** The button for a provider that is there; `model` is asked where its kind lists none. */
export function ProbeButton({ provider, model }: { provider: string; model?: string }) {
  const [busy, setBusy] = useState(false);
  const [probed, setProbed] = useState<Probed | null>(null);
  const go = async () => {
    setBusy(true);
    setProbed(null);
    try {
      setProbed(await post<Probed>("/api/v1/providers/test", { name: provider, model }));
    } catch (error) {
      setProbed({ ok: false, latency_ms: 0, reason: error instanceof Error ? error.message : String(error), models: [] });
    }
    setBusy(false);
  };
  return (
    <div className="space-y-2">
      <Button small icon="bolt" busy={busy} onClick={() => void go()}>
        <span>
          Check address and key<span className="sr-only"> of {provider}</span>
        </span>
      </Button>
      {probed ? <ProbeResult of={probed} /> : null}
    </div>
  );
}
