// The cache: how full it is, how often it answers, what it saves, and how to empty it.
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useMemo, useState } from "react";
import { get, post, useRenew } from "@/api/change";
import { useAll } from "@/api/lists";
import { useMay } from "@/api/permissions";
import type { CacheFigures, Key, Model } from "@/api/types";
import { fetchMetrics } from "@/features/overview/metrics";
import { useOverview, useTimeseries } from "@/features/analytics/figures";
import { colourAt, measureOf, numberOf, valueName } from "@/features/analytics/measures";
import { Button } from "@/ui/button";
import { TimeChart } from "@/ui/chart";
import { Meter } from "@/ui/meter";
import { useNow } from "@/ui/clock";
import { SelectField, TextField } from "@/ui/fields";
import { bytes, compact, count, percent, usd, words } from "@/ui/format";
import { Confirm } from "@/ui/overlays";
import { Empty, Failed, Figure, Loading, Note, PageHead, Panel } from "@/ui/panels";
import { spanOf } from "@/ui/range";
import { toast } from "@/ui/toast";

const LIVE_MS = 5_000;

type What = "all" | "model" | "key_id" | "tag" | "key";
const WHAT: { value: What; label: string }[] = [
  { value: "model", label: "Answers of a model" },
  { value: "key_id", label: "Answers of a virtual key" },
  { value: "tag", label: "Answers with a tag" },
  { value: "key", label: "One answer, by its cache key" },
  { value: "all", label: "Everything" },
];

function Purge() {
  const [what, setWhat] = useState<What>("model");
  const [value, setValue] = useState("");
  const [asked, setAsked] = useState(false);
  const renew = useRenew();
  const models = useAll<Model>("/api/v1/models", {}, useMay("models:read")).data?.filter((one) => one.configured !== false) ?? [];
  const keys = useAll<Key>("/api/v1/keys", {}, useMay("keys:read")).data ?? [];
  const choices = what === "model" ? models.map(({ id }) => ({ value: id, label: id })) : what === "key_id" ? keys.map(({ id, name }) => ({ value: id, label: name })) : null;
  const ready = what === "all" || value !== "";
  const ask = (event: FormEvent) => {
    event.preventDefault();
    setAsked(true);
  };
  return (
    <Panel title="Purge">
      <form onSubmit={ask} className="flex flex-wrap items-end gap-3">
        <div className="w-60">
          <SelectField
            label="What"
            value={what}
            options={WHAT}
            onChange={(event) => {
              setWhat(event.target.value as What);
              setValue("");
            }}
          />
        </div>
        {what === "all" ? null : (
          <div className="w-64">
            {choices ? (
              <SelectField label="Which" value={value} options={[{ value: "", label: "Choose one" }, ...choices]} onChange={(event) => setValue(event.target.value)} />
            ) : (
              <TextField label="Which" value={value} onChange={(event) => setValue(event.target.value)} />
            )}
          </div>
        )}
        <Button type="submit" look="danger" icon="trash" disabled={!ready}>
          Purge
        </Button>
      </form>
      <Confirm
        open={asked}
        onClose={() => setAsked(false)}
        title="Purge the cache?"
        action="Purge"
        onConfirm={async () => {
          const { purged } = await post<{ purged: number }>("/api/v1/cache/purge", what === "all" ? { all: true } : { [what]: value });
          toast(`${count(purged)} ${purged === 1 ? "answer is" : "answers are"} gone`);
          await renew("/api/v1/cache", "/metrics");
        }}
      >
        Calls that these would have answered go to their providers again.
      </Confirm>
    </Panel>
  );
}

function useMonth(now: number) {
  const written = spanOf({ range: "30d" }, now);
  return useMemo(() => written, [written.from, written.to]);
}

/** What it saved by day, and for which models. */
function Savings({ now }: { now: number }) {
  const span = useMonth(now);
  const saved = useTimeseries({ metrics: ["saved_usd"], by: "model", span, interval: "day", limit: 6 });
  const lines = useMemo(() => (saved.data?.data ?? []).filter((line) => Number(line.total.saved_usd) > 0), [saved.data]);
  const times = useMemo(() => (saved.data?.data[0]?.points ?? []).map((point) => Date.parse(point.time)), [saved.data]);
  const series = useMemo(() => lines.map((line, at) => ({ name: valueName(line, "model"), colour: colourAt(at, line.is_rest), values: line.points.map((point) => numberOf(point.saved_usd)) })), [lines]);
  return (
    <Panel title="Saved by day" side={<span className="text-[0.86rem] text-faint">30 days, by model</span>}>
      {saved.isPending ? <div className="h-[276px]"><Loading rows={8} /></div> : null}
      {saved.isError ? <Failed error={saved.error} retry={() => void saved.refetch()} /> : null}
      {saved.isSuccess && lines.length === 0 ? <Empty icon="cache" title="Nothing saved yet">Answers of the cache save what their calls would have cost.</Empty> : null}
      {lines.length > 0 ? <TimeChart label="Saved by day" times={times} interval="day" series={series} format={measureOf("saved_usd").format} look="stack" sums={lines.map((line) => usd(line.total.saved_usd))} /> : null}
    </Panel>
  );
}

/** The page. */
export function Cache() {
  const now = useNow();
  const writes = useMay("cache:write");
  const cache = useQuery({ queryKey: ["/api/v1/cache"], queryFn: ({ signal }) => get<CacheFigures>("/api/v1/cache", signal), refetchInterval: LIVE_MS });
  const month = useMonth(now);
  const usage = useOverview(month);
  const asked = useQuery({
    queryKey: ["/metrics"],
    queryFn: ({ signal }) => fetchMetrics(signal),
    refetchInterval: LIVE_MS,
    select: (samples) => {
      const found = new Map<string, number>();
      for (const { name, labels, value } of samples) {
        if (name !== "gatewright_cache_requests_total") continue;
        const result = labels.result ?? "other";
        found.set(result, (found.get(result) ?? 0) + value);
      }
      return found;
    },
  });
  const of = cache.data;
  const results = [...(asked.data ?? new Map<string, number>()).entries()].sort(([, a], [, b]) => b - a);
  const all = results.reduce((sum, [, value]) => sum + value, 0);
  const saved = Number(usage.data?.current.saved_usd ?? 0);
  const hits = usage.data?.current.cache_hits ?? 0;
  return (
    <>
      <PageHead title="Cache" about="Answers that were given before need not be paid for twice." />
      {cache.isPending ? <Panel><Loading rows={4} /></Panel> : null}
      {cache.isError ? <Panel><Failed error={cache.error} retry={() => void cache.refetch()} /></Panel> : null}
      {of ? (
        <div className="space-y-4">
          {of.enabled ? null : <Note>The cache is off. It is switched on in the configuration, for all models or for some: cache: {"{ mode: exact }"}.</Note>}
          <div className="grid grid-cols-2 gap-3 xl:grid-cols-4">
            <Figure name="Answers kept" value={compact(of.entries)} note={`${count(of.evicted)} gave way to newer ones`} />
            <Figure name="Memory" value={bytes(of.bytes)} note={<span className="block pt-1.5"><Meter share={of.max_bytes === 0 ? 0 : of.bytes / of.max_bytes} label={`${percent(of.bytes, of.max_bytes)} of ${bytes(of.max_bytes)}`} /></span>} />
            <Figure name="Saved in 30 days" value={usd(saved)} note="what its answers would have cost" tone={saved > 0 ? "good" : undefined} />
            <Figure name="Answered in 30 days" value={compact(hits)} note={`${percent(hits, usage.data?.current.requests ?? 0)} of all requests`} />
          </div>
          <Savings now={now} />
          <div className="grid gap-4 xl:grid-cols-2">
            <Panel title="Calls that asked it" side={<span className="text-[0.86rem] text-faint">this gateway, since it started</span>}>
              {results.length === 0 ? <p className="text-soft">No call yet.</p> : null}
              <ul className="space-y-2.5">
                {results.map(([name, value]) => (
                  <li key={name}>
                    <div className="num mb-1 flex justify-between">
                      <span>{words(name)}</span>
                      <span>
                        {count(value)} <span className="text-faint">· {percent(value, all)}</span>
                      </span>
                    </div>
                    <Meter share={all === 0 ? 0 : value / all} tone={name === "hit" ? "good" : "accent"} label={`${words(name)}: ${count(value)}`} />
                  </li>
                ))}
              </ul>
            </Panel>
            {writes ? <Purge /> : null}
          </div>
        </div>
      ) : null}
    </>
  );
}
