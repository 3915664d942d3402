// What guardrails found in a request and its answer: each with what it did, and where and why, never the text.
import type { Found } from "@/api/types";
import { words } from "@/ui/format";
import { Badge } from "@/ui/panels";
import { whereFound } from "./reading";

const ACTIONS: Record<string, "bad" | "warn" | "info"> = { block: "bad", error: "bad", redact: "warn", rewrite: "warn", tokenize: "warn", route: "warn", flag: "info", shadow: "info" };

/** See the module. */
export function Verdicts({ of }: { of: Found[] }) {
  return (
    <ul className="divide-y divide-line rounded-lg border border-line">
      {of.map((one) => (
        <li key={`${one.guardrail} ${one.side}`} className="px-3 py-2">
          <div className="flex flex-wrap items-center gap-2">
            <Badge tone={ACTIONS[one.action] ?? "info"}>{words(one.action)}</Badge>
            <span className="font-medium">{one.guardrail}</span>
            {one.findings.length === 0 ? <span className="text-soft">{words(one.kind)}</span> : null}
            <span className="ml-auto text-[0.86rem] text-faint">in the {one.side === "response" ? "answer" : one.side}</span>
          </div>
          {one.findings.length > 0 ? (
            <ul className="mt-1.5 space-y-1 text-[0.92rem]">
              {one.findings.map((found, at) => (
                <li key={at} className="flex flex-wrap items-baseline gap-x-2">
                  <span className="font-medium">{words(found.kind)}</span>
                  {found.action === one.action ? null : <Badge tone={ACTIONS[found.action] ?? "info"}>{words(found.action)}</Badge>}
                  <span className="min-w-0 break-words text-soft">
                    {found.reason}
                    {found.score > 0 && found.score < 100 ? `, ${found.score} % sure` : ""}
                  </span>
                  <span className="num text-faint">{whereFound(found)}</span>
                </li>
              ))}
            </ul>
          ) : null}
        </li>
      ))}
    </ul>
  );
}
