// What a caller sent and got: as a conversation, or as it was. Nothing in it is taken for HTML, and nothing it names is fetched. Every
// look is in the audit log, so it is asked for only where somebody wants to see it.
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useMemo, useState } from "react";
import { get } from "@/api/change";
import { ApiError } from "@/api/client";
import { useMay } from "@/api/permissions";
import type { KeptBody, LogBodies } from "@/api/types";
import { Button } from "@/ui/button";
import { CodeBlock, CopyButton } from "@/ui/code";
import { Segments } from "@/ui/controls";
import { bytes } from "@/ui/format";
import { Icon } from "@/ui/icons";
import { Markdown } from "@/ui/markdown";
import { Badge, Empty, Facts, Failed, Loading, Note } from "@/ui/panels";
import { answered, asked, json, offered, type Part, settings, type Turn } from "./turns";

export type Look = "markdown" | "text" | "raw";
const LOOKS: { value: Look; label: string }[] = [
  { value: "markdown", label: "Markdown" },
  { value: "text", label: "Text" },
  { value: "raw", label: "Raw" },
];
/** Longer texts are folded. */
const FOLD_CHARS = 4_000;
/** Turns before the last ones are folded, where there are many. */
const SHOWN_TURNS = 40;

function Long({ text, look }: { text: string; look: Look }) {
  const [open, setOpen] = useState(false);
  const folded = text.length > FOLD_CHARS && !open;
  const shown = folded ? text.slice(0, FOLD_CHARS) : text;
  return (
    <>
      {look === "markdown" ? <Markdown text={shown} /> : <p className="break-words whitespace-pre-wrap">{shown}</p>}
      {folded ? (
        <Button small look="quiet" className="mt-1" onClick={() => setOpen(true)}>
          {bytes(text.length - FOLD_CHARS)} more
        </Button>
      ) : null}
    </>
  );
}

function Tool({ title, note, text, bad = false }: { title: string; note?: string; text: string; bad?: boolean }) {
  return (
    <details open className="group rounded-md border border-line bg-raised">
      <summary className="flex cursor-pointer items-center gap-2 px-2.5 py-1.5">
        <Icon name="bolt" size={13} />
        <span className={`min-w-0 truncate font-mono text-[0.88rem] font-medium ${bad ? "text-bad" : ""}`}>{title}</span>
        {note ? <span className="ml-auto min-w-0 truncate font-mono text-[0.8rem] text-faint">{note}</span> : null}
      </summary>
      {text ? <pre tabIndex={0} aria-label={title} className="max-h-72 overflow-auto border-t border-line p-2.5 font-mono text-[0.88rem] leading-relaxed break-words whitespace-pre-wrap">{text.slice(0, 100_000)}</pre> : null}
    </details>
  );
}

function Piece({ of, look }: { of: Part; look: Look }) {
  if (of.kind === "text") return <Long text={of.text} look={look} />;
  if (of.kind === "thinking") {
    return (
      <details className="text-soft">
        <summary className="cursor-pointer text-faint">Thinking</summary>
        <div className="mt-1 border-l-2 border-line pl-3">{of.text ? <Long text={of.text} look="text" /> : "its text was not given"}</div>
      </details>
    );
  }
  if (of.kind === "call") return <Tool title={of.name || "a tool"} note={of.id} text={of.input} />;
  if (of.kind === "result") return <Tool title={of.failed ? "failed" : "result"} note={of.id} text={of.text} bad={of.failed} />;
  if (of.kind === "media") {
    return (
      <span className="inline-flex max-w-full items-center gap-2 rounded-md border border-dashed border-line-strong px-2.5 py-1.5 text-soft">
        <Badge>{of.what}</Badge>
        <span className="min-w-0 truncate text-[0.9rem]" title={of.about}>
          {of.about}
        </span>
        <span className="shrink-0 text-[0.86rem] text-faint">not fetched</span>
      </span>
    );
  }
  return <Tool title="data" text={of.json} />;
}

const ROLES: Record<string, { name: string; look: string }> = {
  system: { name: "System", look: "border-l-line-strong" },
  developer: { name: "Developer", look: "border-l-line-strong" },
  user: { name: "User", look: "border-l-(--c-series-3)" },
  assistant: { name: "Assistant", look: "border-l-accent" },
  tool: { name: "Tool", look: "border-l-(--c-series-5)" },
  error: { name: "Error", look: "border-l-bad" },
};

function Said({ of, look }: { of: Turn; look: Look }) {
  const role = ROLES[of.role] ?? { name: of.role, look: "border-l-line-strong" };
  const text = of.parts.flatMap((part) => ("text" in part ? [part.text] : [])).join("\n\n");
  return (
    <li className={`group min-w-0 rounded-r-md border-l-2 py-0.5 pl-3 ${role.look}`}>
      <div className="flex h-7 items-center justify-between">
        <h4 className="text-[0.86rem] font-medium text-faint">{role.name}</h4>
        {text ? (
          <span className="opacity-0 group-hover:opacity-100 focus-within:opacity-100">
            <CopyButton bare text={text} label={`Copy what ${role.name} said`} />
          </span>
        ) : null}
      </div>
      <div className="min-w-0 space-y-2">
        {of.parts.map((part, at) => (
          <Piece key={at} of={part} look={look} />
        ))}
        {of.parts.length === 0 ? <span className="text-faint">nothing</span> : null}
      </div>
    </li>
  );
}

/** A conversation. */
export function Turns({ of, look }: { of: Turn[]; look: Look }) {
  const [all, setAll] = useState(false);
  const hidden = all ? 0 : Math.max(0, of.length - SHOWN_TURNS);
  return (
    <ol className="space-y-3">
      {hidden > 0 ? (
        <li>
          <Button small look="quiet" onClick={() => setAll(true)}>
            {hidden} earlier messages
          </Button>
        </li>
      ) : null}
      {of.slice(hidden).map((turn, at) => (
        <Said key={at + hidden} of={turn} look={look} />
      ))}
    </ol>
  );
}

function Side({ name, of, turns, look }: { name: string; of: KeptBody | null; turns: Turn[] | null; look: Look }) {
  if (!of) return <p className="text-soft">Nothing is kept of the {name}.</p>;
  const text = of.encoding === "base64" ? null : of.body;
  const value = text === null ? null : json(text);
  return (
    <div className="space-y-3">
      {of.truncated ? <Note tone="warn">Only its beginning is kept: it was larger than what is kept of a body.</Note> : null}
      {text === null ? (
        <Note>
          {of.content_type || "Binary data"}, {bytes(Math.floor((of.body.length * 3) / 4))}: not text, so it is not shown. <CopyButton text={of.body} label="Copy as base64" />
        </Note>
      ) : look !== "raw" && turns ? (
        <Turns of={turns} look={look} />
      ) : (
        <CodeBlock high label={`the ${name}`} text={(value === null ? text : JSON.stringify(value, null, 2)).slice(0, 400_000)} />
      )}
    </div>
  );
}

function Extras({ body }: { body: unknown }) {
  const tools = offered(body);
  const set = settings(body);
  if (tools.length === 0 && set.length === 0) return null;
  return (
    <details className="rounded-md border border-line">
      <summary className="cursor-pointer px-3 py-1.5 text-soft">
        {[set.length > 0 ? `${set.length} ${set.length === 1 ? "parameter" : "parameters"}` : null, tools.length > 0 ? `${tools.length} ${tools.length === 1 ? "tool" : "tools"} offered` : null].filter(Boolean).join(", ")}
      </summary>
      <div className="space-y-3 border-t border-line p-3">
        {set.length > 0 ? <Facts rows={set.map(([name, value]) => [name, <code key={name} className="font-mono text-[0.88rem]">{value.slice(0, 2_000)}</code>])} /> : null}
        {tools.length > 0 ? <Facts rows={tools.map((tool, at) => [tool.name || `tool ${at + 1}`, <span key={at} className="text-soft">{tool.about.slice(0, 500) || "–"}</span>])} /> : null}
      </div>
    </details>
  );
}

/** Both sides. */
export function Bodies({ id, replay }: { id: string; /** A button that makes the request again. */ replay?: ReactNode }) {
  const allowed = useMay("bodies:read");
  const [look, setLook] = useState<Look>("markdown");
  const path = `/api/v1/logs/${id}/bodies`;
  // Each answer leaves an entry in the audit log: it is asked for once while the page is open.
  const kept = useQuery({ queryKey: [path], queryFn: ({ signal }) => get<LogBodies>(path, signal), enabled: allowed, staleTime: Number.POSITIVE_INFINITY, retry: false });
  const request = useMemo(() => (kept.data?.request?.encoding === "text" ? json(kept.data.request.body) : null), [kept.data]);
  const turns = useMemo(() => asked(request), [request]);
  const reply = useMemo(() => (kept.data?.response?.encoding === "text" ? answered(kept.data.response.content_type, kept.data.response.body) : null), [kept.data]);
  if (!allowed) return <Empty icon="guardrail" title="Your role does not show bodies">It asks for bodies:read.</Empty>;
  if (kept.isPending) return <Loading rows={6} />;
  if (kept.isError) {
    if (kept.error instanceof ApiError && kept.error.status === 404) {
      return (
        <Empty icon="requests" title="No bodies are kept of this request">
          <code className="font-mono text-[0.88rem]">records.logging</code> in the configuration, or <code className="font-mono text-[0.88rem]">logging</code> of a key, team or organization says what is kept.
        </Empty>
      );
    }
    return <Failed error={kept.error} retry={() => void kept.refetch()} />;
  }
  return (
    <div className="space-y-5">
      <div className="flex flex-wrap items-center gap-2">
        <Segments label="How texts are shown" value={look} options={LOOKS} onChange={setLook} />
        {kept.data.masked ? <Badge tone="info" title="Personal data and credentials are masked">masked</Badge> : null}
        <span className="ml-auto text-[0.86rem] text-faint">The audit log notes this look.</span>
        {kept.data.request ? replay : null}
      </div>
      <section aria-label="What was sent" className="space-y-3">
        <h3 className="font-semibold">Request</h3>
        {look === "raw" ? null : <Extras body={request} />}
        <Side name="request" of={kept.data.request} turns={turns} look={look} />
      </section>
      <section aria-label="What came back" className="space-y-3 border-t border-line pt-4">
        <h3 className="font-semibold">Answer</h3>
        <Side name="answer" of={kept.data.response} turns={reply} look={look} />
      </section>
    </div>
  );
}
