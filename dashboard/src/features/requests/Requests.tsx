// The request explorer: every record, newest first, by filters that stand in the address, with one of them in a drawer.
import { useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useState } from "react";
import { MOST_ROWS, useNames, usePages } from "@/api/lists";
import { useMay } from "@/api/permissions";
import type { Log } from "@/api/types";
import { Button } from "@/ui/button";
import { clock, compact, count, day, duration, moment, usd, words } from "@/ui/format";
import { Badge, Empty, Failed, Loading, Note, PageHead } from "@/ui/panels";
import { useNarrow } from "@/ui/narrow";
import { since } from "@/ui/range";
import { VirtualTable, type VirtualColumn } from "@/ui/virtual";
import { Collect } from "@/features/datasets/Collect";
import { FilterBuilder } from "@/features/filters/FilterBuilder";
import { FIELDS } from "@/features/filters/fields";
import { TimePicker } from "@/ui/controls";
import { joined, useTail } from "./tail";
import { Views } from "./Views";
import { found, isFiltered, queryOf, type Search } from "./filters";
import { Outcome } from "./Outcome";
import { RequestDrawer } from "./RequestDrawer";

const ROWS_A_PAGE = 500;
const page = getRouteApi("/requests");

function columnsOf(name: (id: string | null | undefined) => string, narrow: boolean): VirtualColumn<Log>[] {
  return [
    {
      id: "time",
      head: "Time",
      width: narrow ? "4.5rem" : "11.5rem",
      cell: (log) => {
        const date = new Date(log.time);
        return (
          <span className="font-mono text-[0.88rem]">
            {narrow ? clock(date).slice(0, 8) : <><span className="text-faint">{day(date).slice(5)}</span> {clock(date)}</>}
          </span>
        );
      },
    },
    { id: "outcome", head: "Outcome", width: narrow ? "6rem" : "9.5rem", cell: (log) => <Outcome log={log} /> },
    {
      id: "model",
      head: "Model",
      width: narrow ? "minmax(5rem,1fr)" : "minmax(11rem,1.4fr)",
      cell: (log) => (
        <span title={log.model}>
          <span className="font-medium">{log.model || "–"}</span> {log.role ? <Badge>{log.role}</Badge> : null}
        </span>
      ),
    },
    {
      id: "target",
      head: "Target",
      width: "minmax(10rem,1.2fr)",
      wide: true,
      cell: (log) => <span className="text-soft">{log.provider ? `${log.provider}/${log.upstream_model ?? ""}` : log.error_code ? words(log.error_code) : log.cache === "hit" ? "cache" : "–"}</span>,
    },
    { id: "key", head: "Key", wide: true, width: "minmax(8rem,1fr)", cell: (log) => <span className="text-soft">{log.key_id ? name(log.key_id) : "master key"}</span> },
    {
      id: "tokens",
      head: "Tokens in / out",
      width: "8.5rem",
      wide: true,
      right: true,
      cell: (log) => (
        <>
          {compact(log.input_tokens)} <span className="text-faint">/</span> {compact(log.output_tokens)}
        </>
      ),
    },
    { id: "cost", head: "Cost", wide: true, width: "6.5rem", right: true, cell: (log) => usd(log.cost_usd) },
    { id: "first", head: "First byte", wide: true, width: "5.5rem", right: true, cell: (log) => <span className="text-soft">{duration(log.first_byte_ms)}</span> },
    { id: "total", head: "Total", width: narrow ? "4.7rem" : "5.5rem", right: true, cell: (log) => duration(log.total_ms) },
  ];
}

const ENDED: Record<string, string> = {
  permission: "Your session may no longer follow requests.",
  error: "The gateway's database does not answer.",
  refused: "The gateway lets no more readers follow at once.",
};

/** The page. */
export function Requests() {
  const search: Search = page.useSearch();
  const navigate = page.useNavigate();
  const live = search.live === "1";
  // The moment at which "the last hour" began stays while one scrolls; it moves when filters change.
  const [asked, setAsked] = useState(() => Date.now());
  const written = JSON.stringify(queryOf(search, asked));
  const query = useMemo(() => JSON.parse(written) as Record<string, string>, [written]);
  const logs = usePages<Log>("/api/v1/logs", query, ROWS_A_PAGE);
  const { refetch } = logs;
  const queries = useQueryClient();
  // What came live is not in the list that was asked before it.
  useEffect(() => {
    if (!live) return;
    return () => void queries.invalidateQueries({ queryKey: ["/api/v1/logs", "pages"] });
  }, [live, written, queries]);
  // What was stored between the list and the first event comes with the list once more.
  const tail = useTail(query, live, useCallback(() => void refetch(), [refetch]));
  const [atTop, setAtTop] = useState(true);
  // Rows that come in do not move what one reads further down: they wait until one is at the top again.
  const [held, setHeld] = useState<Log[]>([]);
  if (atTop && held !== tail.rows) setHeld(tail.rows);
  const waiting = atTop ? 0 : tail.rows.length - held.length;
  const name = useNames([], useMay("keys:read"));
  const narrow = useNarrow();
  const columns = useMemo(() => columnsOf(name, narrow), [name, narrow]);
  const rows = useMemo(() => joined(held, logs.data?.pages.flatMap((one) => one.data) ?? []), [logs.data, held]);
  const set = useCallback((change: Partial<Search>) => void navigate({ search: (old) => ({ ...old, ...change }), replace: true }), [navigate]);
  const last = logs.data?.pages.at(-1);
  // A search that has not looked at everything goes on when it is told to: it may have very much before it.
  const unfinished = logs.hasNextPage && last?.searched_to ? last.searched_to : null;
  const more = useCallback(() => {
    if (logs.hasNextPage && !unfinished && !logs.isFetching && rows.length < MOST_ROWS) void logs.fetchNextPage();
  }, [logs, unfinished, rows.length]);
  const step = useCallback(
    (by: 1 | -1) => {
      const next = rows[rows.findIndex((log) => log.id === search.open) + by];
      if (next && search.open) set({ open: next.id });
    },
    [rows, search.open, set],
  );
  const exports = useMay("exports:write");
  const filtered = isFiltered(search) || search.range !== undefined;
  const goOn = (
    <Button small busy={logs.isFetchingNextPage} onClick={() => void logs.fetchNextPage()}>
      Go on
    </Button>
  );
  const foot = unfinished ? (
    <span className="num inline-flex items-center gap-3">
      Searched back to {moment(unfinished)}. {goOn}
    </span>
  ) : logs.isFetchingNextPage ? (
    "Loading more"
  ) : rows.length >= MOST_ROWS ? (
    `${count(MOST_ROWS)} requests are shown. Choose a time to see older ones.`
  ) : logs.hasNextPage ? null : (
    "This is the oldest one."
  );
  return (
    <>
      <PageHead title="Requests" about="Every request and what became of it, newest first.">
        {exports ? (
          <Button
            onClick={() => {
              const { range: _range, live: _live, open: _open, tab: _tab, subcalls: _subcalls, ...filters } = search;
              void navigate({ to: "/exports", search: { ...filters, from: search.from ?? since(search.range, Date.now()), create: "1" } });
            }}
          >
            Export
          </Button>
        ) : null}
        <Collect filters={() => found(search, Date.now())} />
        <Button icon="bolt" aria-pressed={live} look={live ? "primary" : "plain"} onClick={() => set({ live: live ? undefined : "1" })}>
          {live ? (tail.state === "opening" ? "Connecting" : "Live") : "Go live"}
        </Button>
        <Button
          icon="refresh"
          busy={logs.isFetching && !logs.isFetchingNextPage && !live}
          onClick={() => {
            setAsked(Date.now());
            void logs.refetch();
          }}
        >
          Refresh
        </Button>
      </PageHead>
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <TimePicker value={search} any="Any time" onChange={set} />
        <FilterBuilder fields={FIELDS} chosen={search} onChange={set} />
        <button type="button" aria-pressed={search.subcalls === "1"} title="Mirrors, judges and panels that a request started" onClick={() => set({ subcalls: search.subcalls === "1" ? undefined : "1" })} className={`h-7.5 rounded-md border px-2 text-[0.92rem] ${search.subcalls === "1" ? "border-accent bg-accent-soft text-accent-strong" : "border-dashed border-line-strong text-soft hover:bg-sunken hover:text-ink"}`}>
          Sub-calls
        </button>
        <Views search={search} onShow={(found) => void navigate({ search: (old) => ({ ...old, ...found }) })} />
        <span className="num ml-auto text-[0.86rem] text-faint">{rows.length > 0 ? `${count(rows.length)}${logs.hasNextPage ? "+" : ""} ${rows.length === 1 ? "request" : "requests"}` : ""}</span>
      </div>
      {live && (tail.state === "ended" || tail.missed > 0) ? (
        <div className="mb-3">
          <Note tone="warn">
            {tail.state === "ended" ? `${ENDED[tail.reason ?? ""] ?? "The live view has ended."} ` : `${count(tail.missed)} requests came faster than they are shown. `}
            <button type="button" onClick={() => (tail.state === "ended" ? set({ live: undefined }) : void refetch())} className="underline">
              {tail.state === "ended" ? "Go on without it" : "Refresh"}
            </button>
          </Note>
        </div>
      ) : null}
      <section aria-label="Requests" className="relative flex h-[calc(100dvh-15.6rem)] min-h-96 flex-col overflow-hidden rounded-lg border border-line bg-panel shadow-panel">
        {waiting > 0 ? (
          <button
            type="button"
            onClick={() => {
              setHeld(tail.rows);
              document.querySelector('[role=table][aria-label="Requests"]')?.scrollTo({ top: 0 });
            }}
            className="absolute top-11 left-1/2 z-20 -translate-x-1/2 rounded-full border border-line bg-panel px-3 py-1 text-[0.92rem] font-medium text-accent-strong shadow-pop"
          >
            {count(waiting)} new
          </button>
        ) : null}
        {logs.isPending ? <Loading rows={14} /> : null}
        {logs.isError && rows.length === 0 ? <Failed error={logs.error} retry={() => void logs.refetch()} /> : null}
        {logs.isSuccess && rows.length === 0 && unfinished ? (
          <Empty icon="search" title={`Nothing found back to ${moment(unfinished)}`}>
            <p className="mb-3">There is more before that.</p>
            {goOn}
          </Empty>
        ) : null}
        {logs.isSuccess && rows.length === 0 && !unfinished ? (
          <Empty icon="requests" title={filtered ? "No request fits these filters" : "No request yet"}>
            {filtered ? <Button onClick={() => void navigate({ search: {} })}>Clear the filters</Button> : "Send one with a key of this gateway; it is here a moment later."}
          </Empty>
        ) : null}
        {rows.length > 0 ? <VirtualTable label="Requests" rows={rows} columns={columns} id={(log) => log.id} onOpen={(log) => set({ open: log.id })} selected={search.open} onEnd={more} foot={foot} onTop={setAtTop} /> : null}
      </section>
      <RequestDrawer id={search.open} known={rows.find((log) => log.id === search.open)} onStep={step} tab={search.tab} onTab={(tab) => set({ tab })} onClose={() => set({ open: undefined, tab: undefined })} />
    </>
  );
}
