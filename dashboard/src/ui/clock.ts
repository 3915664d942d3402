// The time as pages show it: moves on now and then, so that "3 min ago" stays true and lists ask for what is new.
import { useEffect, useState } from "react";

/** Milliseconds since 1970, renewed every `everyMs`. */
export function useNow(everyMs = 30_000): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now()), everyMs);
    return () => window.clearInterval(timer);
  }, [everyMs]);
  return now;
}
