// How numbers, money and times are written. Pure. Amounts of money come as decimal text and are never summed as floats here but
// for drawing.

const number = new Intl.NumberFormat("en-US");
const compactNumber = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });

/** 12,345 */
export const count = (value: number) => number.format(value);

/** 12.3K */
export const compact = (value: number) => (Math.abs(value) < 10_000 ? number.format(value) : compactNumber.format(value));

/** Dollars: two digits from a dollar on, below that as many as say something. */
export function usd(value: string | number | null | undefined): string {
  const amount = Number(value ?? 0);
  if (!Number.isFinite(amount)) return "–";
  if (amount === 0) return "$0";
  const size = Math.abs(amount);
  const digits = size >= 1 ? 2 : size >= 0.01 ? 4 : Math.min(9, 2 - Math.floor(Math.log10(size)));
  const text = size.toLocaleString("en-US", { minimumFractionDigits: Math.min(digits, 2), maximumFractionDigits: digits });
  return `${amount < 0 ? "-" : ""}$${text}`;
}

/** 40 µs, 0.31 ms, 12 ms, 1.24 s, 2 min 5 s */
export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return "–";
  if (ms === 0) return "0 ms";
  if (ms < 0.1) return `${Math.round(ms * 1000)} µs`;
  if (ms < 1) return `${ms.toFixed(2)} ms`;
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(2)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

/** 4.2 MiB */
export function bytes(value: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let at = 0;
  let left = value;
  while (left >= 1024 && at < units.length - 1) {
    left /= 1024;
    at += 1;
  }
  return `${at === 0 || left >= 100 ? Math.round(left) : left.toFixed(1)} ${units[at]}`;
}

/** 12 % */
export function percent(part: number, whole: number): string {
  if (whole === 0) return "0 %";
  const share = (100 * part) / whole;
  if (share > 0 && share < 0.1) return "< 0.1 %";
  return `${share > 0 && share < 9.95 ? share.toFixed(1) : Math.round(share)} %`;
}

const pad = (value: number) => String(value).padStart(2, "0");

/** 2026-11-22, in the reader's time zone. */
export const day = (date: Date) => `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;

/** 14:03:21.123 */
export const clock = (date: Date) =>
  `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, "0")}`;

/** 2026-11-22 14:03:21 */
export function moment(text: string | null | undefined): string {
  if (!text) return "–";
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? text : `${day(date)} ${clock(date).slice(0, 8)}`;
}

/** 3 min ago, in 2 days */
export function ago(text: string | null | undefined, now: number): string {
  if (!text) return "never";
  const seconds = Math.round((now - new Date(text).getTime()) / 1000);
  const size = Math.abs(seconds);
  const [value, unit] =
    size < 60 ? [size, "s"] : size < 3600 ? [Math.floor(size / 60), "min"] : size < 86_400 ? [Math.floor(size / 3600), "h"] : [Math.floor(size / 86_400), "d"];
  if (size < 5) return "just now";
  return seconds >= 0 ? `${value} ${unit} ago` : `in ${value} ${unit}`;
}

/** A program by what it says of itself: a browser and its system, or its first word. */
export function program(agent: string): string {
  const browser = [["Edg/", "Edge"], ["OPR/", "Opera"], ["Firefox/", "Firefox"], ["Chrome/", "Chrome"], ["Safari/", "Safari"]].find(([mark]) => agent.includes(mark as string))?.[1];
  if (!browser) return agent.split(/[\s/]/)[0] || "unknown program";
  const system = [["iPhone", "iPhone"], ["iPad", "iPad"], ["Android", "Android"], ["Windows", "Windows"], ["Mac OS", "macOS"], ["Linux", "Linux"]].find(([mark]) => agent.includes(mark as string))?.[1];
  return system ? `${browser} on ${system}` : browser;
}

/** `chat_fast` as `chat fast` */
export const words = (name: string) => name.replaceAll("_", " ");
