// How fast a budget burns: its share, the share of its period that is over, and when it ends if it goes on so. Pure.

export type Burn = {
  /** Of the limit, spent and held. */
  used: number;
  /** Of the period, gone by; `null` where the period has no beginning or end that is known. */
  elapsed: number | null;
  /** Milliseconds since 1970 at which nothing is left, at this speed, if that is before the period ends. */
  emptyAt: number | null;
  tone: "good" | "warn" | "bad";
};

const DAY_MS = 86_400_000;
const UNITS_MS: Record<string, number> = { d: DAY_MS, h: 3_600_000, m: 60_000 };

/** How long a period is that ends at `end`, in milliseconds. */
export function periodMs(period: string, end: number): number | null {
  if (period === "day") return DAY_MS;
  if (period === "week") return 7 * DAY_MS;
  if (period === "month") {
    const last = new Date(end);
    return end - Date.UTC(last.getUTCFullYear(), last.getUTCMonth() - 1, last.getUTCDate(), last.getUTCHours());
  }
  const [, number, unit = ""] = /^(\d+)([dhm])$/.exec(period) ?? [];
  const size = UNITS_MS[unit];
  return number && size ? Number(number) * size : null;
}

/** Where a budget stands at `now`. */
export function burn(budget: { limit_usd: string; spent_usd: string; reserved_usd: string; period: string; resets_at?: string | null }, now: number): Burn {
  const limit = Number(budget.limit_usd);
  const spent = Number(budget.spent_usd) + Number(budget.reserved_usd);
  const used = limit > 0 ? spent / limit : spent > 0 ? 1 : 0;
  const end = budget.resets_at ? new Date(budget.resets_at).getTime() : null;
  const length = end === null ? null : periodMs(budget.period, end);
  const elapsed = end === null || length === null ? null : Math.max(0, Math.min(1, 1 - (end - now) / length));
  let emptyAt: number | null = null;
  if (end !== null && length !== null && elapsed !== null && elapsed > 0.01 && spent > 0 && used < 1) {
    const projected = now + ((limit - spent) / spent) * elapsed * length;
    if (projected < end) emptyAt = projected;
  }
  return { used, elapsed, emptyAt, tone: used >= 1 ? "bad" : used >= 0.8 || emptyAt !== null ? "warn" : "good" };
}

export type BurnDown = { days: string[]; /** Dollars that are left at the end of each day; `null` for days to come. */ left: (number | null)[]; /** From today on, if each day costs the mean of those before; `null` for days gone by. */ ahead: (number | null)[]; /** The same where it is spent evenly. */ even: number[] };

const MOST_DAYS = 400;
const dayOf = (at: number) => new Date(at).toISOString().slice(0, 10);

/** What was left day by day since the period began. `null` where a period has no days to show. */
export function burnDown(budget: { limit_usd: string; period: string; resets_at?: string | null }, spentUsd: Map<string, number>, now: number): BurnDown | null {
  const end = budget.resets_at ? new Date(budget.resets_at).getTime() : null;
  const length = end === null ? null : periodMs(budget.period, end);
  if (end === null || length === null || length <= DAY_MS || length > MOST_DAYS * DAY_MS) return null;
  const limit = Number(budget.limit_usd);
  const begin = end - length;
  const days: string[] = [];
  for (let at = begin; at < end; at += DAY_MS) days.push(dayOf(at));
  const today = dayOf(now);
  let gone = 0;
  const left = days.map((day) => {
    gone += spentUsd.get(day) ?? 0;
    return day > today ? null : Math.max(0, limit - gone);
  });
  const at = days.findIndex((day) => day === today);
  const passed = Math.max((now - begin) / DAY_MS, 1 / 24);
  const aDay = gone / passed;
  const ahead = days.map((_, day) => (at === -1 || day < at ? null : day === at ? (left[at] ?? null) : Math.max(0, limit - gone - aDay * (day + 1 - passed))));
  return { days, left, ahead, even: days.map((_, at) => limit * (1 - (at + 1) / days.length)) };
}
