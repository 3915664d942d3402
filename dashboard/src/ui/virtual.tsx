// A list of any length: only the rows in sight are in the page. Rows have one height, so that scrolling measures nothing.
import { useVirtualizer } from "@tanstack/react-virtual";
import { memo, type ReactNode, useEffect, useMemo, useRef } from "react";
import { Icon } from "./icons";
import { useNarrow } from "./narrow";

export type VirtualColumn<T> = {
  id: string;
  head: string;
  width: string;
  right?: boolean;
  /** Left out on narrow screens. */
  wide?: boolean;
  cell: (row: T) => ReactNode;
  /** By what its rows can be sorted. */
  by?: (row: T) => string | number;
};

type Props<T> = {
  label: string;
  rows: T[];
  columns: VirtualColumn<T>[];
  id: (row: T) => string;
  onOpen: (row: T) => void;
  selected?: string;
  /** A column's id, with `-` in front from the largest on. */
  sort?: string;
  onSort?: (sort: string | undefined) => void;
  /** Rows have two lines. */
  tall?: boolean;
  /** Asked for when the end comes near. */
  onEnd?: () => void;
  foot?: ReactNode;
  /** Told when its beginning comes in sight, and when it goes out of it. */
  onTop?: (inSight: boolean) => void;
};

const ROW_PX = 38;
const TALL_ROW_PX = 48;
const AHEAD_ROWS = 40;

function sorted<T>(rows: T[], columns: VirtualColumn<T>[], sort: string | undefined): T[] {
  const by = columns.find((column) => column.id === sort?.replace(/^-/, ""))?.by;
  if (!by) return rows;
  const way = sort?.startsWith("-") ? -1 : 1;
  const compare = (a: string | number, b: string | number) => (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b)));
  return [...rows].sort((a, b) => way * compare(by(a), by(b)));
}

function Head<T>({ of, sort, onSort }: { of: VirtualColumn<T>; sort: string | undefined; onSort: Props<T>["onSort"] }) {
  const order = sort === of.id ? "ascending" : sort === `-${of.id}` ? "descending" : undefined;
  return (
    <span role="columnheader" aria-sort={order} className={`truncate ${of.right ? "text-right" : ""}`}>
      {of.by && onSort ? (
        <button type="button" onClick={() => onSort(order === "ascending" ? `-${of.id}` : order === "descending" ? undefined : of.id)} className={`inline-flex items-center gap-1 hover:text-ink ${of.right ? "flex-row-reverse align-middle" : ""}`}>
          {of.head}
          <span className={order ? (order === "ascending" ? "rotate-180" : "") : "invisible"}>
            <Icon name="down" size={12} />
          </span>
        </button>
      ) : (
        of.head
      )}
    </span>
  );
}

type RowProps<T> = { row: T; at: number; top: number; height: number; template: string; columns: VirtualColumn<T>[]; selected: boolean; onOpen: (row: T) => void };

/** One row. Drawn anew only when something of it changed, not whenever the list scrolls. */
const Row = memo(function Row<T>({ row, at, top, height, template, columns, selected, onOpen }: RowProps<T>) {
  return (
    <div
      role="row"
      aria-rowindex={at + 1}
      data-at={at}
      tabIndex={0}
      onClick={() => onOpen(row)}
      onKeyDown={(event) => {
        if (event.key !== "Enter" || event.target !== event.currentTarget) return;
        // The same key would press what the drawer puts the focus on: its button to close.
        event.preventDefault();
        onOpen(row);
      }}
      className={`num absolute inset-x-0 top-0 grid cursor-pointer items-center gap-3 border-b border-line px-4 outline-offset-[-2px] hover:bg-raised ${selected ? "bg-accent-soft" : ""}`}
      style={{ gridTemplateColumns: template, height, transform: `translateY(${top}px)`, contain: "strict" }}
    >
      {columns.map((column) => (
        <span key={column.id} role="cell" className={`truncate ${column.right ? "text-right" : ""}`}>
          {column.cell(row)}
        </span>
      ))}
    </div>
  );
}) as <T>(props: RowProps<T>) => ReactNode;

/** The list, as a grid of rows that the arrow keys walk through. */
export function VirtualTable<T>({ label, rows: given, columns: all, id, onOpen, selected, sort, onSort, tall = false, onEnd, foot, onTop }: Props<T>) {
  const box = useRef<HTMLDivElement>(null);
  const rows = useMemo(() => sorted(given, all, sort), [given, all, sort]);
  const rowPx = tall ? TALL_ROW_PX : ROW_PX;
  const narrow = useNarrow();
  const columns = useMemo(() => (narrow ? all.filter((column) => !column.wide) : all), [narrow, all]);
  const list = useVirtualizer({ count: rows.length, getScrollElement: () => box.current, estimateSize: () => rowPx, overscan: 8, useFlushSync: false, getItemKey: (at) => id(rows[at] as T) });
  const items = list.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (rows.length > 0 && last >= rows.length - AHEAD_ROWS) onEnd?.();
  }, [last, rows.length, onEnd]);
  const top = (list.scrollOffset ?? 0) < rowPx;
  useEffect(() => onTop?.(top), [top, onTop]);
  const template = columns.map((column) => column.width).join(" ");
  const onKey = (event: React.KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const now = (event.target as HTMLElement).closest<HTMLElement>("[data-at]")?.dataset.at;
    if (step === undefined || now === undefined) return;
    event.preventDefault();
    const next = Math.max(0, Math.min(rows.length - 1, Number(now) + step));
    list.scrollToIndex(next);
    const take = () => {
      const row = box.current?.querySelector<HTMLElement>(`[data-at="${next}"]`);
      row?.focus({ preventScroll: true });
      return row;
    };
    // A row that is not drawn yet is there with the next frame.
    if (!take()) requestAnimationFrame(take);
  };
  return (
    <div ref={box} role="table" aria-label={label} aria-rowcount={rows.length} className="min-h-0 flex-1 overflow-auto" onKeyDown={onKey}>
      <div className="w-max min-w-full">
        <div role="rowgroup" className="sticky top-0 z-10 border-b border-line bg-panel">
          <div role="row" className="grid h-9 items-center gap-3 px-4 text-[0.86rem] font-medium text-faint" style={{ gridTemplateColumns: template }}>
            {columns.map((column) => (
              <Head key={column.id} of={column} sort={sort} onSort={onSort} />
            ))}
          </div>
        </div>
        <div role="rowgroup" className="relative" style={{ height: list.getTotalSize() }}>
          {items.map((item) => {
            const row = rows[item.index] as T;
            const key = id(row);
            return (
              <Row key={item.key} row={row} at={item.index} top={item.start} height={rowPx} template={template} columns={columns} selected={key === selected} onOpen={onOpen} />
            );
          })}
        </div>
        {foot ? <div className="sticky left-0 w-full px-4 py-3 text-center text-faint">{foot}</div> : null}
      </div>
    </div>
  );
}
