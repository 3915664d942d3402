import { describe, expect, it } from "vitest";
import { ago, bytes, compact, duration, percent, program, usd } from "./format";

describe("amounts and times", () => {
  it("writes dollars with as many digits as say something", () => {
    expect([usd("0"), usd("12.5"), usd("1234.567"), usd("0.0189"), usd("0.0000144"), usd("-3"), usd("x")]).toEqual(["$0", "$12.50", "$1,234.57", "$0.0189", "$0.0000144", "-$3.00", "–"]);
  });
  it("writes durations in the unit that fits", () => {
    expect([duration(0.04), duration(0.31), duration(4.2), duration(312.4), duration(1240), duration(125_000), duration(null)]).toEqual(["40 µs", "0.31 ms", "4.2 ms", "312 ms", "1.24 s", "2 min 5 s", "–"]);
  });
  it("writes counts, shares and sizes", () => {
    expect([compact(9999), compact(1_234_567), percent(1, 3), percent(1, 40), percent(1, 0), bytes(512), bytes(134_217_728)]).toEqual(["9,999", "1.2M", "33 %", "2.5 %", "0 %", "512 B", "128 MiB"]);
  });
  it("says how long ago", () => {
    const now = Date.parse("2026-11-22T12:00:00Z");
    expect([ago("2026-11-22T11:59:58Z", now), ago("2026-11-22T11:57:00Z", now), ago("2026-11-24T12:00:00Z", now), ago(null, now)]).toEqual(["just now", "3 min ago", "in 2 d", "never"]);
  });
  it("names programs by what they say of themselves", () => {
    expect(program("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Safari/537.36")).toBe("Chrome on Linux");
    expect(program("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15")).toBe("Safari on macOS");
    expect(program("curl/8.5.0")).toBe("curl");
    expect(program("")).toBe("unknown program");
  });
});
