// By how much a figure changed. Green and red only where more is plainly worse or better.
import { change } from "./measures";

/** More of these is worse. */
const WORSE = new Set(["errors", "error_rate", "latency", "first_byte"]);
const BETTER = new Set(["saved_usd"]);

/** The change, in words. */
export function Change({ now, before, of, than }: { now: number | null | undefined; before: number | null | undefined; of: string; than: string }) {
  const found = change(now, before);
  if (!found) return <span className="num text-[0.9rem] text-faint" title={`nothing ${than} to compare with`}>–</span>;
  const good = found.text.startsWith("±") ? null : WORSE.has(of) ? !found.up : BETTER.has(of) ? found.up : null;
  return (
    <span title={`than ${than}`} className={`num shrink-0 whitespace-nowrap text-[0.9rem] ${good === null ? "text-soft" : good ? "text-good" : "text-bad"}`}>
      {found.text}
    </span>
  );
}
