// Money is summed up in nano-dollars, as the gateway counts it. Pure.

/** Nano-dollars of a decimal text. */
export function nanos(usd: string): bigint {
  const [whole = "0", part = ""] = usd.replace("-", "").split(".");
  const size = BigInt(whole) * 1_000_000_000n + BigInt(part.padEnd(9, "0").slice(0, 9));
  return usd.startsWith("-") ? -size : size;
}
