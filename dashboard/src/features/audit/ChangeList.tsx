// What differs between two states of a thing, member by member.
import type { Change } from "./changes";

/** The list. */
export function ChangeList({ rows }: { rows: Change[] }) {
  return (
    <ul className="divide-y divide-line rounded-md border border-line">
      {rows.map((row) => (
        <li key={row.path} className="p-2.5">
          <code className="font-mono text-[0.88rem] font-medium">{row.path}</code>
          {row.before !== null ? <pre className="mt-1 rounded bg-bad-soft px-2 py-1 font-mono text-[0.86rem] break-words whitespace-pre-wrap text-bad">- {row.before}</pre> : null}
          {row.after !== null ? <pre className="mt-1 rounded bg-good-soft px-2 py-1 font-mono text-[0.86rem] break-words whitespace-pre-wrap text-good">+ {row.after}</pre> : null}
        </li>
      ))}
    </ul>
  );
}
