// What people and programs said about a request, and a form to say something.
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { page } from "@/api/lists";
import { post, useRenew } from "@/api/change";
import { useMay } from "@/api/permissions";
import type { Feedback as Said } from "@/api/types";
import { Button } from "@/ui/button";
import { useNow } from "@/ui/clock";
import { TextArea, TextField } from "@/ui/fields";
import { ago, moment } from "@/ui/format";
import { Badge, Failed, Loading, Note } from "@/ui/panels";

const QUICK = [
  { label: "good", score: 1, tone: "good" },
  { label: "bad", score: -1, tone: "bad" },
] as const;

function toneOf(of: Said) {
  if (of.label === "good" || (of.score ?? 0) > 0) return "good" as const;
  return of.label === "bad" || (of.score ?? 0) < 0 ? ("bad" as const) : ("neutral" as const);
}

function Form({ path }: { path: string }) {
  const renew = useRenew();
  const [form, setForm] = useState({ score: "", label: "", comment: "" });
  const [fault, setFault] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const set = (change: Partial<typeof form>) => setForm((old) => ({ ...old, ...change }));
  const scoreIsWrong = form.score !== "" && !/^-?\d{1,7}$/.test(form.score);
  const go = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setFault(null);
    try {
      await post(path, { score: form.score === "" ? undefined : Number(form.score), label: form.label.trim() || undefined, comment: form.comment.trim() || undefined });
      setForm({ score: "", label: "", comment: "" });
      await renew(path);
    } catch (error) {
      setFault(error instanceof Error ? error.message : String(error));
    }
    setBusy(false);
  };
  return (
    <form onSubmit={go} aria-label="Feedback" className="space-y-3 rounded-lg border border-line p-3">
      <div className="flex flex-wrap items-end gap-2">
        {QUICK.map((one) => (
          <Button key={one.label} aria-pressed={form.label === one.label} look={form.label === one.label ? "primary" : "plain"} onClick={() => set(form.label === one.label ? { label: "", score: "" } : { label: one.label, score: String(one.score) })}>
            {one.label}
          </Button>
        ))}
        <div className="w-20">
          <TextField label="Score" inputMode="numeric" value={form.score} onChange={(event) => set({ score: event.target.value.trim() })} fault={scoreIsWrong ? "a whole number" : null} />
        </div>
        <div className="min-w-32 flex-1">
          <TextField label="Label" maxLength={100} value={form.label} onChange={(event) => set({ label: event.target.value })} />
        </div>
      </div>
      <TextArea label="Comment" rows={2} maxLength={4000} value={form.comment} onChange={(event) => set({ comment: event.target.value })} />
      {fault ? <Note tone="bad">{fault}</Note> : null}
      <div className="flex justify-end">
        <Button type="submit" look="primary" busy={busy} disabled={scoreIsWrong || (form.score === "" && form.label.trim() === "" && form.comment.trim() === "")}>
          Say it
        </Button>
      </div>
    </form>
  );
}

/** The list and the form. */
export function Feedback({ id }: { id: string }) {
  const path = `/api/v1/logs/${id}/feedback`;
  const now = useNow();
  const reads = useMay("feedback:read");
  const writes = useMay("feedback:write");
  const said = useQuery({ queryKey: [path], queryFn: ({ signal }) => page<Said>(path, {}, signal), enabled: reads });
  return (
    <div className="space-y-4">
      {said.isLoading ? <Loading rows={2} /> : null}
      {said.isError ? <Failed error={said.error} retry={() => void said.refetch()} /> : null}
      {said.data?.data.length === 0 ? <p className="text-soft">Nobody has said anything about this request yet.</p> : null}
      <ul className="space-y-2">
        {said.data?.data.map((one) => (
          <li key={one.id} className="rounded-lg border border-line p-3">
            <div className="num flex flex-wrap items-center gap-2">
              {one.label ? <Badge tone={toneOf(one)}>{one.label}</Badge> : null}
              {one.score !== null && one.score !== undefined ? <Badge tone={toneOf(one)}>{one.score > 0 ? `+${one.score}` : one.score}</Badge> : null}
              <span className="text-soft">{one.author}</span>
              <span className="ml-auto text-[0.86rem] text-faint" title={moment(one.time)}>
                {ago(one.time, now)}
              </span>
            </div>
            {one.comment ? <p className="mt-1.5 break-words whitespace-pre-wrap">{one.comment}</p> : null}
          </li>
        ))}
      </ul>
      {writes ? <Form path={path} /> : null}
    </div>
  );
}
