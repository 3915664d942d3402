// Reads what the overview and the page of providers need from the gateway's metrics (Prometheus' text). Pure.

export type Sample = { name: string; labels: Record<string, string>; value: number };

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** The samples of a text of metrics. */
export function parseMetrics(text: string): Sample[] {
  const found: Sample[] = [];
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const match = LINE.exec(line);
    if (!match) continue;
    const labels: Record<string, string> = {};
    for (const [, name = "", value = ""] of (match[2] ?? "").matchAll(LABEL)) {
      labels[name] = value.replace(/\\(.)/g, (_, c: string) => (c === "n" ? "\n" : c));
    }
    found.push({ name: match[1] ?? "", labels, value: match[3] === "+Inf" ? Number.POSITIVE_INFINITY : Number(match[3]) });
  }
  return found;
}

/** How a provider does, since the gateway started. */
export type Health = {
  provider: string;
  requests: number;
  errors: number;
  failedTries: number;
  reasons: Record<string, number>;
  inFlight: number;
  p50: number | null;
  p95: number | null;
  /** Its models that were taken out of use since then, or are. */
  deployments: Deployment[];
};

/** A provider's model as the breaker sees it. */
export type Deployment = { model: string; state: "up" | "down" | "paused" | "ejected"; trips: number; pauses: number; ejections: number };

const DEPLOYMENT_COUNTS: Record<string, "trips" | "pauses" | "ejections"> = {
  gatewright_deployment_trips_total: "trips",
  gatewright_deployment_pauses_total: "pauses",
  gatewright_deployment_ejections_total: "ejections",
};
/** The worse, the later. */
const DEPLOYMENT_STATES = [["gatewright_deployment_ejected", "ejected"], ["gatewright_deployment_paused", "paused"], ["gatewright_deployment_down", "down"]] as const;

/** The deployments of a provider that had trouble, the worst first. Pure. */
function deploymentsOf(provider: string, samples: Sample[]): Deployment[] {
  const found = new Map<string, Deployment>();
  const own = samples.filter(({ name, labels }) => labels.provider === provider && name.startsWith("gatewright_deployment_"));
  for (const { name, labels, value } of own) {
    const model = labels.model ?? "";
    const one = found.get(model) ?? { model, state: "up", trips: 0, pauses: 0, ejections: 0 };
    const counted = DEPLOYMENT_COUNTS[name];
    if (counted) one[counted] += value;
    found.set(model, one);
  }
  for (const [name, state] of DEPLOYMENT_STATES) {
    for (const sample of own) {
      const one = found.get(sample.labels.model ?? "");
      if (one && sample.name === name && sample.value > 0) one.state = state;
    }
  }
  const worst = (one: Deployment) => DEPLOYMENT_STATES.findIndex(([, state]) => state === one.state);
  return [...found.values()].filter((one) => one.state !== "up" || one.trips + one.pauses + one.ejections > 0).sort((a, b) => worst(b) - worst(a) || a.model.localeCompare(b.model));
}

/** The value at a share of a histogram whose buckets are summed up, in milliseconds, between the bounds of its bucket. */
export function quantile(buckets: Map<number, number>, share: number): number | null {
  const bounds = [...buckets.entries()].sort(([a], [b]) => a - b);
  const total = bounds.at(-1)?.[1] ?? 0;
  if (total === 0) return null;
  const rank = share * total;
  let below = 0;
  let before = 0;
  for (const [bound, sum] of bounds) {
    if (sum >= rank) {
      if (!Number.isFinite(bound)) return below * 1000;
      const part = sum === before ? 1 : (rank - before) / (sum - before);
      return (below + (bound - below) * part) * 1000;
    }
    below = bound;
    before = sum;
  }
  return null;
}

/** Sums up the samples by provider. */
export function healthOf(samples: Sample[]): Health[] {
  const found = new Map<string, Health & { buckets: Map<number, number> }>();
  const of = (provider: string) => {
    const known = found.get(provider);
    if (known) return known;
    const made: Health & { buckets: Map<number, number> } = { provider, requests: 0, errors: 0, failedTries: 0, reasons: {}, inFlight: 0, p50: null, p95: null, deployments: [], buckets: new Map() };
    found.set(provider, made);
    return made;
  };
  for (const { name, labels, value } of samples) {
    const provider = labels.provider;
    if (provider === undefined || provider === "none" || provider === "") continue;
    const one = of(provider);
    if (name === "gatewright_requests_total") {
      one.requests += value;
      if (labels.outcome === "upstream_error" || labels.outcome === "stream_cut") one.errors += value;
    } else if (name === "gatewright_failed_attempts_total") {
      one.failedTries += value;
      const reason = labels.reason ?? "other";
      one.reasons[reason] = (one.reasons[reason] ?? 0) + value;
    } else if (name === "gatewright_upstream_requests_in_flight") {
      one.inFlight += value;
    } else if (name === "gatewright_request_duration_seconds_bucket") {
      const bound = labels.le === "+Inf" ? Number.POSITIVE_INFINITY : Number(labels.le);
      one.buckets.set(bound, (one.buckets.get(bound) ?? 0) + value);
    }
  }
  return [...found.values()].map(({ buckets, ...one }) => ({ ...one, p50: quantile(buckets, 0.5), p95: quantile(buckets, 0.95), deployments: deploymentsOf(one.provider, samples) }));
}

/** Asks the gateway for them. */
export async function fetchMetrics(signal?: AbortSignal): Promise<Sample[]> {
  const answer = await fetch("/metrics", { signal, headers: { accept: "text/plain" } });
  if (!answer.ok) throw new Error(`the gateway's metrics answer with status ${answer.status}`);
  return parseMetrics(await answer.text());
}
