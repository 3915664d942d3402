// What a model cost at a provider, from when on: the usual prices in columns, what else there was behind a word, the latest first.
import { Badge } from "@/ui/panels";
import { moment, words } from "@/ui/format";
import { type History, priceChange, priceText, type Rate, type Stretch, unitName, unitsOf, usual } from "./prices";

const COLUMNS = 5;

function Price({ now, before }: { now: Rate | undefined; before: Rate | undefined }) {
  if (!now) return <span className="text-faint">–</span>;
  const change = priceChange(now, before);
  return (
    <>
      {priceText(now).usd}
      {change ? <span className={`ml-1.5 text-[0.86rem] ${change.up ? "text-bad" : "text-good"}`}>{change.text}</span> : null}
    </>
  );
}

function Others({ of }: { of: Rate[] }) {
  if (of.length === 0) return null;
  return (
    <details>
      <summary className="cursor-pointer text-accent-strong">{of.length} more</summary>
      <ul className="mt-1 space-y-0.5 whitespace-nowrap">
        {of.map((rate) => (
          <li key={`${rate.unit} ${rate.tier} ${rate.above_tokens}`}>
            {unitName(rate.unit)}
            <span className="text-faint">
              {rate.tier === "standard" ? "" : `, ${words(rate.tier)}`}
              {rate.above_tokens > 0 ? `, above ${rate.above_tokens / 1000} K tokens` : ""}
            </span>{" "}
            {priceText(rate).usd} <span className="text-faint">/ {priceText(rate).per}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}

/** Whose list it is from. */
function Source({ of }: { of: Stretch }) {
  return <span title={of.source}>{of.book}</span>;
}

/** The table. */
export function Stretches({ of }: { of: History }) {
  const columns = unitsOf(of.history).slice(0, COLUMNS);
  const isShown = (rate: Rate) => rate.tier === "standard" && rate.above_tokens === 0 && columns.includes(rate.unit);
  const more = of.history.some((one) => one.prices.some((rate) => !isShown(rate)));
  const rows = of.history.map((one, place) => ({ one, before: of.history[place - 1] })).reverse();
  const head = "h-9 px-3 font-medium whitespace-nowrap first:pl-4 last:pr-4";
  return (
    <div className="overflow-x-auto" tabIndex={0} role="region" aria-label={`Prices of ${of.provider}/${of.model} over time`}>
      <table className="num w-full text-left">
        <thead>
          <tr className="border-b border-line text-[0.86rem] text-faint">
            <th scope="col" className={head}>From</th>
            {columns.map((unit) => {
              const any = of.history.map((one) => usual(one.prices, unit)).find(Boolean);
              return (
                <th key={unit} scope="col" className={`${head} text-right`}>
                  {unitName(unit)} <span className="font-normal">/ {any ? priceText(any).per : ""}</span>
                </th>
              );
            })}
            {more ? <th scope="col" className={head}>Other prices</th> : null}
            <th scope="col" className={`${head} text-right`}>Source</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ one, before }) => (
            <tr key={one.from} className="border-b border-line align-top last:border-0">
              <th scope="row" className="px-3 py-2.5 pl-4 font-normal whitespace-nowrap">
                {moment(one.from).slice(0, 16)}
                <span className="block text-[0.86rem] text-faint">{one.to ? `until ${moment(one.to).slice(0, 16)}` : <Badge tone="good">in force</Badge>}</span>
              </th>
              {one.prices.length === 0 ? (
                <td colSpan={columns.length + (more ? 1 : 0)} className="px-3 py-2.5 text-soft">
                  no price: its calls were counted at $0
                </td>
              ) : (
                <>
                  {columns.map((unit) => (
                    <td key={unit} className="px-3 py-2.5 text-right whitespace-nowrap">
                      <Price now={usual(one.prices, unit)} before={before && usual(before.prices, unit)} />
                    </td>
                  ))}
                  {more ? (
                    <td className="px-3 py-2.5">
                      <Others of={one.prices.filter((rate) => !isShown(rate))} />
                    </td>
                  ) : null}
                </>
              )}
              <td className="px-3 py-2.5 pr-4 text-right text-soft">
                <Source of={one} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
