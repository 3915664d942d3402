// Whether the screen is as narrow as a phone's.
import { useSyncExternalStore } from "react";

const query = window.matchMedia("(max-width: 640px)");

function subscribe(watcher: () => void) {
  query.addEventListener("change", watcher);
  return () => query.removeEventListener("change", watcher);
}

/** Is it? */
export function useNarrow(): boolean {
  return useSyncExternalStore(subscribe, () => query.matches);
}
