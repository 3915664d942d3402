// One budget: how much of it is gone, how much of its time, and where that leads.
import type { Budget } from "@/api/types";
import { ago, percent, usd } from "@/ui/format";
import { burn } from "./burn";

/** The bar. */
export function BudgetBar({ of, now }: { of: Budget; now: number }) {
  const { used, elapsed, emptyAt, tone } = burn(of, now);
  const fill = { good: "fill-good", warn: "fill-warn", bad: "fill-bad" }[tone];
  const spent = Number(of.spent_usd) + Number(of.reserved_usd);
  const period = of.period === "total" ? "in total" : `a ${of.period}`;
  return (
    <div className="num min-w-0">
      <div className="flex flex-wrap items-baseline justify-between gap-x-3">
        <span>
          <b className="font-semibold">{usd(spent)}</b> <span className="text-soft">of {usd(of.limit_usd)} {period}</span>
        </span>
        <span className={tone === "good" ? "text-soft" : tone === "warn" ? "text-warn" : "text-bad"}>{percent(used, 1)}</span>
      </div>
      <svg role="img" aria-label={`${percent(used, 1)} of the budget is used${elapsed === null ? "" : `, ${percent(elapsed, 1)} of its time is over`}`} viewBox="0 0 100 8" preserveAspectRatio="none" className="my-1 block h-2 w-full overflow-hidden rounded-full">
        <rect width="100" height="8" className="fill-sunken" />
        <rect width={Math.min(1, used) * 100} height="8" className={fill} />
        {elapsed === null ? null : <rect x={Math.min(99, elapsed * 100)} width="0.7" height="8" className="fill-ink" />}
      </svg>
      <div className="flex flex-wrap justify-between gap-x-3 text-[0.86rem] text-faint">
        <span>{Number(of.reserved_usd) > 0 ? `${usd(of.reserved_usd)} held by calls in flight` : emptyAt !== null ? `empty ${ago(new Date(emptyAt).toISOString(), now)} at this speed` : used >= 1 ? "used up" : "on course"}</span>
        <span>{of.resets_at ? `begins anew ${ago(of.resets_at, now)}` : "never begins anew"}</span>
      </div>
    </div>
  );
}
