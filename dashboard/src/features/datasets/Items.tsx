// The items of a dataset: what was asked, what was answered, and what a good answer says, which can be written here.
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { patch, useRenew } from "@/api/change";
import { usePages } from "@/api/lists";
import { Turns } from "@/features/requests/bodies/Bodies";
import { answered, asked } from "@/features/requests/bodies/turns";
import { Button } from "@/ui/button";
import { CodeBlock } from "@/ui/code";
import { TextArea } from "@/ui/fields";
import { Icon } from "@/ui/icons";
import { Confirm } from "@/ui/overlays";
import { Badge, Failed, Loading } from "@/ui/panels";
import { toast, toastError } from "@/ui/toast";
import { answerType, type Dataset, type Item, PATH, question } from "./kinds";

const ROWS = 50;

function Whole({ of, dataset, writes }: { of: Item; dataset: Dataset; writes: boolean }) {
  const [expected, setExpected] = useState(of.expected ?? "");
  const [gone, setGone] = useState(false);
  const renew = useRenew();
  const change = (body: object) => patch(`${PATH}/${dataset.id}/items`, body).then(() => renew(PATH));
  const turns = asked(of.request);
  const answer = of.answer ? answered(answerType(of.answer), of.answer) : null;
  return (
    <div className="mt-3 space-y-3 pl-1">
      {turns ? <Turns of={turns} look="text" /> : <CodeBlock text={JSON.stringify(of.request, null, 2)} label="the request" />}
      {of.answer ? (
        <details>
          <summary className="cursor-pointer text-accent-strong">What was answered</summary>
          <div className="mt-2">{answer ? <Turns of={answer} look="text" /> : <CodeBlock text={of.answer} label="the answer" />}</div>
        </details>
      ) : null}
      {writes ? (
        <TextArea label="What a good answer says" rows={3} value={expected} onChange={(event) => setExpected(event.target.value)} />
      ) : (
        <p className="break-words whitespace-pre-wrap text-soft">{of.expected ?? "Nothing is said about a good answer."}</p>
      )}
      <div className="flex flex-wrap items-center gap-2">
        {writes ? (
          <>
            <Button small disabled={expected === (of.expected ?? "")} onClick={() => void change({ change: [{ id: of.id, expected: expected.trim() ? expected : null }] }).then(() => toast("Saved"), toastError)}>
              Save
            </Button>
            <Button small look="danger" icon="trash" onClick={() => setGone(true)}>
              Take it out
            </Button>
          </>
        ) : null}
        {of.masked ? <Badge title="personal data and credentials were masked when it was kept">masked</Badge> : null}
        {of.source_request_id ? (
          <Link to="/requests" search={{ open: of.source_request_id }} className="ml-auto text-accent-strong hover:underline">
            Its record
          </Link>
        ) : null}
      </div>
      <Confirm open={gone} onClose={() => setGone(false)} title="Take this item out?" action="Take it out" onConfirm={() => change({ remove: [of.id] })}>
        It is gone for good from {dataset.name}; its record stays.
      </Confirm>
    </div>
  );
}

function Row({ of, dataset, writes }: { of: Item; dataset: Dataset; writes: boolean }) {
  const [open, setOpen] = useState(false);
  return (
    <details onToggle={(event) => event.target === event.currentTarget && setOpen(event.currentTarget.open)} className="group border-b border-line py-2.5 last:border-0">
      <summary className="flex cursor-pointer items-center gap-2">
        <span className="text-faint group-open:rotate-90">
          <Icon name="right" size={12} />
        </span>
        <span className="min-w-0 flex-1 truncate">{question(of)}</span>
        {of.expected ? <Badge tone="good">has an answer</Badge> : null}
      </summary>
      {open ? <Whole key={of.updated_at} of={of} dataset={dataset} writes={writes} /> : null}
    </details>
  );
}

/** The list. */
export function Items({ of, writes }: { of: Dataset; writes: boolean }) {
  const pages = usePages<Item>(`${PATH}/${of.id}/items`, {}, ROWS);
  const rows = pages.data?.pages.flatMap((one) => one.data) ?? [];
  if (pages.isPending) return <Loading rows={5} />;
  if (pages.isError && rows.length === 0) return <Failed error={pages.error} retry={() => void pages.refetch()} />;
  if (rows.length === 0) return <p className="text-soft">Nothing is in it yet. Collect calls in the explorer, import a file, or write an item by hand.</p>;
  return (
    <>
      {rows.map((one) => (
        <Row key={one.id} of={one} dataset={of} writes={writes} />
      ))}
      {pages.hasNextPage ? (
        <Button small className="mt-3" busy={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
          More
        </Button>
      ) : null}
    </>
  );
}
