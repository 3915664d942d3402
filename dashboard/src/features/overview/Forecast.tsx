// What this calendar month comes to, by the gateway's forecast.
import { Link } from "@tanstack/react-router";
import type { Overview } from "@/features/analytics/figures";
import { usd } from "@/ui/format";
import { Loading, Panel } from "@/ui/panels";

const DAY_MS = 86_400_000;

/** The panel. */
export function Forecast({ of, now }: { of: Overview["forecast"] | undefined; now: number }) {
  if (!of) return <Panel title="This month"><Loading rows={5} /></Panel>;
  const [from, to] = [Date.parse(of.from), Date.parse(of.to)];
  const spent = Number(of.spent_usd);
  // On the first day it is too early to say.
  const expected = of.expected_usd === null ? spent : Number(of.expected_usd);
  const none = of.expected_usd === null;
  const gone = Math.max(0, Math.min(1, (now - from) / (to - from)));
  const left = Math.max(0, Math.ceil((to - now) / DAY_MS));
  const most = Math.max(expected, spent, 1e-12);
  const aDay = left === 0 ? 0 : Math.max(0, expected - spent) / left;
  return (
    <Panel title="This month" side={<span className="num text-[0.86rem] text-faint">{left === 1 ? "ends today" : `${left} days left`}, UTC</span>}>
      <div className="num flex h-full flex-col gap-5">
        <div>
          <div className="text-[0.92rem] text-soft">Forecast</div>
          <div className="text-[2rem] leading-10 font-semibold tracking-tight">{of.expected_usd === null ? "–" : usd(of.expected_usd)}</div>
          <div className="text-[0.92rem] text-faint">by the end of {new Date(from).toLocaleDateString("en-US", { month: "long", timeZone: "UTC" })}</div>
        </div>
        <div>
          <svg role="img" aria-label={`${usd(spent)} spent${none ? "" : ` of an expected ${usd(expected)}`}; ${Math.round(100 * gone)} % of the month is over`} viewBox="0 0 100 10" preserveAspectRatio="none" className="block h-2.5 w-full overflow-hidden rounded-full">
            <rect width="100" height="10" className="fill-accent-soft" />
            <rect width={(100 * spent) / most} height="10" className="fill-accent" />
            <rect x={Math.min(99.4, 100 * gone)} width="0.6" height="10" className="fill-ink" />
          </svg>
          <div className="mt-1.5 flex justify-between text-[0.86rem] text-faint">
            <span>{usd(spent)} so far</span>
            <span>{Math.round(100 * gone)} % of the month</span>
          </div>
        </div>
        <dl className="space-y-1.5 border-t border-line pt-4">
          <div className="flex justify-between gap-3">
            <dt className="text-soft">A day, from here on</dt>
            <dd>{none ? "–" : usd(aDay)}</dd>
          </div>
          <div className="flex justify-between gap-3">
            <dt className="text-soft">Still to come</dt>
            <dd>{none ? "–" : usd(Math.max(0, expected - spent))}</dd>
          </div>
        </dl>
        <p className="mt-auto text-[0.86rem] text-faint">
          {none ? "There are too few hours to say what the month comes to." : "The mean of the last seven whole days goes on."}{" "}
          <Link to="/chargeback" className="text-accent-strong underline">
            Who used it
          </Link>
        </p>
      </div>
    </Panel>
  );
}
