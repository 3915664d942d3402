// Bars for shares.

/** A bar below a value that says what share it is of the largest, or of its limit. */
export function Meter({ share, tone = "accent", label }: { share: number; tone?: "accent" | "good" | "warn" | "bad" | "info"; label: string }) {
  const width = Math.max(0, Math.min(1, share));
  const colour = { accent: "fill-accent", good: "fill-good", warn: "fill-warn", bad: "fill-bad", info: "fill-info" }[tone];
  return (
    <svg role="img" aria-label={label} viewBox="0 0 100 4" preserveAspectRatio="none" className="block h-1 w-full overflow-hidden rounded-full">
      <rect width="100" height="4" className="fill-sunken" />
      <rect width={width * 100} height="4" className={colour} />
    </svg>
  );
}
