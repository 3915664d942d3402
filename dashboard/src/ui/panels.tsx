// What pages are laid out with: headings, panels, figures, badges, and the three states that are no data.
import type { ReactNode } from "react";
import { ApiError } from "@/api/client";
import { Button } from "./button";
import { count } from "./format";
import { Icon, type IconName } from "./icons";

/** A page's heading, what it is about, and what can be done there. */
export function PageHead({ title, about, children }: { title: string; about?: ReactNode; children?: ReactNode }) {
  return (
    <header className="mb-4 flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
      <div className="min-w-0">
        <h1 className="text-[1.35rem] font-semibold tracking-tight">{title}</h1>
        {about ? <p className="mt-0.5 max-w-[70ch] text-soft">{about}</p> : null}
      </div>
      <div className="flex flex-wrap items-center gap-2">{children}</div>
    </header>
  );
}

/** A box with a heading. */
export function Panel({ title, side, children, flush = false, className = "" }: { title?: ReactNode; side?: ReactNode; children: ReactNode; flush?: boolean; className?: string }) {
  return (
    <section className={`min-w-0 rounded-lg border border-line bg-panel shadow-panel ${className}`}>
      {title ? (
        <div className="flex min-h-11 flex-wrap items-center justify-between gap-2 border-b border-line px-4 py-1.5">
          <h2 className="font-semibold">{title}</h2>
          {side}
        </div>
      ) : null}
      <div className={flush ? "" : "p-4"}>{children}</div>
    </section>
  );
}

/** A figure with its name. */
export function Figure({ name, value, note, tone }: { name: string; value: ReactNode; note?: ReactNode; tone?: "good" | "bad" | "warn" }) {
  const colour = tone ? { good: "text-good", bad: "text-bad", warn: "text-warn" }[tone] : "";
  return (
    <div className="min-w-0 rounded-lg border border-line bg-panel px-4 py-3 shadow-panel">
      <div className="text-[0.86rem] text-faint">{name}</div>
      <div className={`num mt-0.5 h-8 truncate text-[1.45rem] font-semibold tracking-tight ${colour}`}>{value}</div>
      <div className="num h-5 truncate text-[0.86rem] text-faint">{note}</div>
    </div>
  );
}

const TONES = {
  neutral: "bg-sunken text-soft",
  good: "bg-good-soft text-good",
  warn: "bg-warn-soft text-warn",
  bad: "bg-bad-soft text-bad",
  info: "bg-info-soft text-info",
  accent: "bg-accent-soft text-accent-strong",
};
export type Tone = keyof typeof TONES;

/** A word on a ground. */
export function Badge({ tone = "neutral", children, title }: { tone?: Tone; children: ReactNode; title?: string }) {
  return (
    <span title={title} className={`inline-flex max-w-full items-center gap-1 truncate rounded px-1.5 py-px align-middle text-[0.82rem] font-medium ${TONES[tone]}`}>
      {children}
    </span>
  );
}

/** Nothing there, why, and what to do about it. */
export function Empty({ icon = "search", title, children }: { icon?: IconName; title: string; children?: ReactNode }) {
  return (
    <div className="flex flex-col items-center px-6 py-10 text-center">
      <span className="mb-2 rounded-full bg-sunken p-2.5 text-faint">
        <Icon name={icon} size={20} />
      </span>
      <p className="font-medium">{title}</p>
      <div className="mt-1 max-w-[52ch] text-soft">{children}</div>
    </div>
  );
}

/** What went wrong, in the gateway's words, and another try. */
export function Failed({ error, retry }: { error: unknown; retry?: () => void }) {
  const known = error instanceof ApiError ? error : null;
  const forbidden = known?.status === 403;
  return (
    <div role="alert" className="flex flex-col items-center px-6 py-10 text-center">
      <span className={`mb-2 rounded-full p-2.5 ${forbidden ? "bg-warn-soft text-warn" : "bg-bad-soft text-bad"}`}>
        <Icon name="warn" size={20} />
      </span>
      <p className="font-medium">{forbidden ? "Your role does not show this" : "This could not be loaded"}</p>
      <p className="mt-1 max-w-[60ch] text-soft">
        {known?.message ?? (error instanceof Error ? error.message : String(error))}
        {known?.missingPermission ? ` (missing: ${known.missingPermission})` : ""}
      </p>
      {retry && !forbidden ? (
        <Button className="mt-3" icon="refresh" onClick={retry}>
          Try again
        </Button>
      ) : null}
    </div>
  );
}

/** Bars where text will be, as high as it will be. */
export function Loading({ rows = 5 }: { rows?: number }) {
  return (
    <div role="status" aria-label="Loading" className="space-y-3 p-4">
      {Array.from({ length: rows }, (_, at) => (
        <div key={at} className={`pulse h-4 rounded bg-sunken ${["w-full", "w-11/12", "w-4/5"][at % 3]}`} />
      ))}
    </div>
  );
}

/** A remark above or below other things. */
export function Note({ tone = "info", children }: { tone?: "info" | "warn" | "bad" | "good"; children: ReactNode }) {
  return (
    <div role={tone === "bad" ? "alert" : undefined} className={`rounded-md px-3 py-2 ${TONES[tone]}`}>
      {children}
    </div>
  );
}

/** Names and values below each other. */
export function Facts({ rows }: { rows: [string, ReactNode][] }) {
  return (
    <dl className="grid grid-cols-[minmax(7rem,auto)_minmax(0,1fr)] gap-x-4 gap-y-1.5">
      {rows.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-faint">{name}</dt>
          <dd className="num min-w-0 break-words">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** What a list of any length stands in: as high as its rows, and no higher than the window. */
export function ListBox({ label, children }: { label: string; children: ReactNode }) {
  return (
    <section aria-label={label} className="flex max-h-[max(24rem,calc(100dvh-15.6rem))] min-w-0 flex-col overflow-hidden rounded-lg border border-line bg-panel shadow-panel">
      {children}
    </section>
  );
}

/** How many rows there are, below them; `shown` of those that came fit. */
export function ListFoot({ of, shown, what: [one, many] }: { of: { rows: unknown[]; full: boolean; partial: boolean; loading: boolean }; shown: number; what: [string, string] }) {
  if (of.loading) return "Loading more";
  if (of.full && of.partial) return `Looked through the first ${count(of.rows.length)}; there are more. Ask for fewer to see them.`;
  return of.partial ? null : `${count(shown)} ${shown === 1 ? one : many}`;
}
