// What a request cost: each kind of token of each try with its price, and what no line says.
import { Link } from "@tanstack/react-router";
import { useMay } from "@/api/permissions";
import type { Log, LogDetail, Recosted } from "@/api/types";
import { count, moment, words } from "@/ui/format";
import { Loading, Note } from "@/ui/panels";

/** That it was something else before, and why. */
function Corrected({ of }: { of: Recosted }) {
  const sees = useMay("recostings:read");
  return (
    <div className="num mt-3">
      <Note>
        Corrected at {moment(of.time)}: it cost ${of.former_cost_usd} before{of.charged_usd === of.former_cost_usd ? "" : `, and $${of.charged_usd} when it ended`}.{" "}
        {sees ? (
          <Link to="/prices" search={{ tab: "calls", open: of.recosting_id }} className="underline">
            The re-costing
          </Link>
        ) : null}
      </Note>
    </div>
  );
}

/** The lines. */
export function Cost({ log, detail }: { log: Log; detail: LogDetail | undefined }) {
  if (!detail) return <Loading rows={4} />;
  const { lines, other_usd: other, total_usd: total } = detail.cost;
  const tries = log.tries ?? [];
  const several = new Set(lines.map((line) => line.attempt)).size > 1 || tries.length > 1;
  const target = (attempt: number) => {
    const one = tries[attempt];
    return one ? `${one.provider}/${one.upstream_model}` : `try ${attempt + 1}`;
  };
  return (
    <div className="overflow-x-auto" tabIndex={0} role="region" aria-label="Cost by kind">
      <table className="num w-full text-left">
        <thead>
          <tr className="border-b border-line text-[0.86rem] text-faint">
            <th scope="col" className="h-8 pr-3 font-medium">What</th>
            <th scope="col" className="h-8 px-3 text-right font-medium">Count</th>
            <th scope="col" className="h-8 px-3 text-right font-medium">$ per million</th>
            <th scope="col" className="h-8 pl-3 text-right font-medium">Cost</th>
          </tr>
        </thead>
        <tbody>
          {lines.map((line) => (
            <tr key={`${line.attempt}${line.unit}`} className="border-b border-line">
              <th scope="row" className="h-9 pr-3 font-normal">
                {words(line.unit)}
                {several ? <span className="block text-[0.86rem] text-faint">{target(line.attempt)}</span> : null}
              </th>
              <td className="px-3 text-right">{count(line.count)}</td>
              <td className="px-3 text-right text-soft">{line.usd_per_million}</td>
              <td className="pl-3 text-right">${line.cost_usd}</td>
            </tr>
          ))}
          {other !== "0" ? (
            <tr className="border-b border-line">
              <th scope="row" className="h-9 pr-3 font-normal">
                other <span className="text-[0.86rem] text-faint">images, seconds, characters, rounding up</span>
              </th>
              <td />
              <td />
              <td className="pl-3 text-right">${other}</td>
            </tr>
          ) : null}
          {lines.length === 0 && other === "0" ? (
            <tr className="border-b border-line">
              <td colSpan={4} className="h-9 text-soft">
                {log.cache === "hit" ? "Answered from the cache." : "Nothing that has a price was used."}
              </td>
            </tr>
          ) : null}
        </tbody>
        <tfoot>
          <tr className="font-medium">
            <th scope="row" colSpan={3} className="h-9">
              Together
            </th>
            <td className="pl-3 text-right">${total}</td>
          </tr>
          {log.saved_usd !== "0" ? (
            <tr className="text-good">
              <th scope="row" colSpan={3} className="h-7 font-normal">
                Saved by the cache
              </th>
              <td className="pl-3 text-right">${log.saved_usd}</td>
            </tr>
          ) : null}
        </tfoot>
      </table>
      {detail.recosted ? <Corrected of={detail.recosted} /> : null}
    </div>
  );
}
