// Markdown of prompts and answers, as far as it helps reading: headings, lists, quotes, code, tables, emphasis. What comes out are
// elements that this file makes, and texts: never HTML of the author's. Links are shown with where they lead and cannot be pressed;
// images are named, not fetched. Text that is too long, or too deep, is shown as it is.
import { Fragment, type ReactNode } from "react";

/** Beyond it a text is shown as it is. */
const MOST_CHARS = 40_000;

type Block =
  | { kind: "text"; text: string }
  | { kind: "heading"; level: number; text: string }
  | { kind: "code"; language: string; text: string }
  | { kind: "quote"; text: string }
  | { kind: "list"; ordered: boolean; start: number; items: string[] }
  | { kind: "table"; head: string[]; rows: string[][] }
  | { kind: "rule" };

const ITEM = /^\s{0,6}(?:([-*+])|(\d{1,9})[.)])\s+(.*)$/;
const FENCE = /^\s{0,3}(`{3,}|~{3,})\s*([\w+#.-]*)/;
const cells = (line: string) => line.trim().replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim());
const isRuler = (line: string | undefined) => line !== undefined && line.includes("-") && line.includes("|") && /^[\s|:-]+$/.test(line);

/** A text's blocks, in one pass over its lines. */
export function blocks(text: string): Block[] {
  const lines = text.split(/\r?\n/);
  const found: Block[] = [];
  let open: string[] = [];
  const flush = () => {
    if (open.length > 0) found.push({ kind: "text", text: open.join("\n") });
    open = [];
  };
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? "";
    const fence = FENCE.exec(line);
    const heading = /^(#{1,6})\s+(.*)$/.exec(line);
    const item = ITEM.exec(line);
    if (fence) {
      flush();
      const body: string[] = [];
      while (at + 1 < lines.length && !(lines[at + 1] ?? "").trim().startsWith(fence[1] ?? "```")) body.push(lines[(at += 1)] ?? "");
      at += 1;
      found.push({ kind: "code", language: fence[2] ?? "", text: body.join("\n") });
    } else if (heading) {
      flush();
      found.push({ kind: "heading", level: heading[1]?.length ?? 1, text: heading[2] ?? "" });
    } else if (/^\s{0,3}([-*_])(\s*\1){2,}\s*$/.test(line)) {
      flush();
      found.push({ kind: "rule" });
    } else if (line.startsWith(">")) {
      flush();
      const body = [line.replace(/^>\s?/, "")];
      while ((lines[at + 1] ?? "").startsWith(">")) body.push((lines[(at += 1)] ?? "").replace(/^>\s?/, ""));
      found.push({ kind: "quote", text: body.join("\n") });
    } else if (item) {
      flush();
      const ordered = item[2] !== undefined;
      const items = [item[3] ?? ""];
      for (let next = ITEM.exec(lines[at + 1] ?? ""); next && (next[2] !== undefined) === ordered; next = ITEM.exec(lines[at + 1] ?? "")) {
        items.push(next[3] ?? "");
        at += 1;
      }
      found.push({ kind: "list", ordered, start: Number(item[2] ?? 1), items });
    } else if (line.includes("|") && isRuler(lines[at + 1])) {
      flush();
      const head = cells(line);
      const rows: string[][] = [];
      at += 1;
      while ((lines[at + 1] ?? "").includes("|")) rows.push(cells(lines[(at += 1)] ?? ""));
      found.push({ kind: "table", head, rows });
    } else if (line.trim() === "") flush();
    else open.push(line);
  }
  flush();
  return found;
}

const INLINE = /(`+)([^`\n]{1,500}?)\1|!\[([^\]\n]{0,300})\]\(([^)\s]{0,500})[^)\n]{0,300}\)|\[([^\]\n]{1,300})\]\(([^)\s]{0,500})[^)\n]{0,300}\)|(\*\*|__)(?=\S)([^\n]{1,500}?)(?<=\S)\7|(?<![\w*])(\*|_)(?=\S)([^\n*_]{1,500}?)(?<=\S)\9(?![\w*])/g;

/** Emphasis, code, links and images of a line. */
function inline(text: string): ReactNode[] {
  const found: ReactNode[] = [];
  let from = 0;
  for (const match of text.matchAll(INLINE)) {
    if (match.index > from) found.push(text.slice(from, match.index));
    from = match.index + match[0].length;
    const [, , code, alt, image, label, link, , strong, , weak] = match;
    const key = match.index;
    if (code !== undefined) found.push(<code key={key} className="rounded bg-sunken px-1 py-px font-mono text-[0.9em]">{code}</code>);
    else if (image !== undefined) found.push(<span key={key} className="rounded border border-dashed border-line-strong px-1.5 text-[0.9em] text-faint" title={image}>image{alt ? `: ${alt}` : ""} · {image}</span>);
    else if (link !== undefined) found.push(<span key={key}><span className="underline decoration-dotted">{label}</span> <span className="text-[0.9em] break-all text-faint">({link})</span></span>);
    else if (strong !== undefined) found.push(<strong key={key} className="font-semibold">{strong}</strong>);
    else found.push(<em key={key}>{weak}</em>);
  }
  if (from < text.length) found.push(text.slice(from));
  return found;
}

function Shown({ of }: { of: Block }) {
  if (of.kind === "heading") return <p className={`font-semibold ${of.level < 3 ? "text-[1.08rem]" : ""}`}>{inline(of.text)}</p>;
  if (of.kind === "code") return <pre tabIndex={0} aria-label={of.language ? `code in ${of.language}` : "code"} className="overflow-x-auto rounded-md border border-line bg-raised p-2.5 font-mono text-[0.88rem] leading-relaxed">{of.text}</pre>;
  if (of.kind === "quote") return <blockquote className="border-l-2 border-line-strong pl-3 whitespace-pre-wrap text-soft">{inline(of.text)}</blockquote>;
  if (of.kind === "rule") return <hr className="border-line" />;
  if (of.kind === "list") {
    const items = of.items.map((item, at) => <li key={at}>{inline(item)}</li>);
    return of.ordered ? <ol start={of.start} className="list-decimal space-y-0.5 pl-6">{items}</ol> : <ul className="list-disc space-y-0.5 pl-5">{items}</ul>;
  }
  if (of.kind === "table") {
    return (
      <div className="overflow-x-auto" tabIndex={0} role="region" aria-label="table">
        <table className="num text-left">
          <thead><tr>{of.head.map((cell, at) => <th key={at} scope="col" className="border-b border-line py-1 pr-4 font-medium">{inline(cell)}</th>)}</tr></thead>
          <tbody>{of.rows.map((row, at) => <tr key={at}>{row.map((cell, column) => <td key={column} className="border-b border-line py-1 pr-4">{inline(cell)}</td>)}</tr>)}</tbody>
        </table>
      </div>
    );
  }
  return <p className="whitespace-pre-wrap">{inline(of.text)}</p>;
}

/** A text as Markdown. */
export function Markdown({ text }: { text: string }) {
  if (text.length > MOST_CHARS) return <p className="break-words whitespace-pre-wrap">{text}</p>;
  return (
    <div className="space-y-2.5 break-words">
      {blocks(text).map((block, at) => (
        <Fragment key={at}>
          <Shown of={block} />
        </Fragment>
      ))}
    </div>
  );
}
