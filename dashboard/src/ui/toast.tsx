// Short words at the edge about what was just done. They go by themselves; nothing that must be read stands in them alone.
import { useSyncExternalStore } from "react";

type Toast = { id: number; text: string; tone: "good" | "bad" };

const MOST = 4;
const SHOWN_MS = 4000;
let toasts: Toast[] = [];
let next = 1;
const watchers = new Set<() => void>();

function put(list: Toast[]) {
  toasts = list;
  for (const watcher of watchers) watcher();
}

/** Says something. */
export function toast(text: string, tone: Toast["tone"] = "good") {
  const id = next;
  next += 1;
  put([...toasts, { id, text, tone }].slice(-MOST));
  window.setTimeout(() => put(toasts.filter((one) => one.id !== id)), SHOWN_MS);
}

/** Says what failed. */
export const toastError = (error: unknown) => toast(error instanceof Error ? error.message : String(error), "bad");

const subscribe = (watcher: () => void) => {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
};

/** Where they are shown. */
export function Toasts() {
  const list = useSyncExternalStore(subscribe, () => toasts);
  return (
    <div role="status" aria-live="polite" className="pointer-events-none fixed right-4 bottom-4 z-60 flex max-w-[calc(100vw-2rem)] flex-col items-end gap-2">
      {list.map((one) => (
        <div key={one.id} className={`fade-in rounded-md border border-line px-3 py-2 shadow-pop ${one.tone === "good" ? "bg-panel text-ink" : "bg-bad-soft text-bad"}`}>
          {one.text}
        </div>
      ))}
    </div>
  );
}
