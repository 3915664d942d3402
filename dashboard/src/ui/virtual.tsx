// A list of any length: only the rows in sight are in the page. Rows have one height, so that scrolling measures nothing.
import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useEffect, useRef } from "react";
import { useNarrow } from "./narrow";

export type VirtualColumn<T> = { id: string; head: string; width: string; right?: boolean; /** Left out on narrow screens. */ wide?: boolean; cell: (row: T) => ReactNode };

type Props<T> = {
  label: string;
  rows: T[];
  columns: VirtualColumn<T>[];
  id: (row: T) => string;
  onOpen: (row: T) => void;
  selected?: string;
  /** Asked for when the end comes near. */
  onEnd?: () => void;
  foot?: ReactNode;
};

const ROW_PX = 38;
const AHEAD_ROWS = 40;

/** The list, as a grid of rows that the arrow keys walk through. */
export function VirtualTable<T>({ label, rows, columns: all, id, onOpen, selected, onEnd, foot }: Props<T>) {
  const box = useRef<HTMLDivElement>(null);
  const narrow = useNarrow();
  const columns = narrow ? all.filter((column) => !column.wide) : all;
  const list = useVirtualizer({ count: rows.length, getScrollElement: () => box.current, estimateSize: () => ROW_PX, overscan: 12, getItemKey: (at) => id(rows[at] as T) });
  const items = list.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (rows.length > 0 && last >= rows.length - AHEAD_ROWS) onEnd?.();
  }, [last, rows.length, onEnd]);
  const template = columns.map((column) => column.width).join(" ");
  const onKey = (event: React.KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const now = (event.target as HTMLElement).closest<HTMLElement>("[data-at]")?.dataset.at;
    if (step === undefined || now === undefined) return;
    event.preventDefault();
    const next = Math.max(0, Math.min(rows.length - 1, Number(now) + step));
    list.scrollToIndex(next);
    requestAnimationFrame(() => box.current?.querySelector<HTMLElement>(`[data-at="${next}"]`)?.focus());
  };
  return (
    <div ref={box} role="table" aria-label={label} aria-rowcount={rows.length} className="min-h-0 flex-1 overflow-auto" onKeyDown={onKey}>
      <div className="w-max min-w-full">
        <div role="rowgroup" className="sticky top-0 z-10 border-b border-line bg-panel">
          <div role="row" className="grid h-9 items-center gap-3 px-4 text-[0.86rem] font-medium text-faint" style={{ gridTemplateColumns: template }}>
            {columns.map((column) => (
              <span key={column.id} role="columnheader" className={column.right ? "text-right" : ""}>
                {column.head}
              </span>
            ))}
          </div>
        </div>
        <div role="rowgroup" className="relative" style={{ height: list.getTotalSize() }}>
          {items.map((item) => {
            const row = rows[item.index] as T;
            const key = id(row);
            return (
              <div
                key={item.key}
                role="row"
                aria-rowindex={item.index + 1}
                data-at={item.index}
                tabIndex={0}
                onClick={() => onOpen(row)}
                onKeyDown={(event) => event.key === "Enter" && onOpen(row)}
                className={`num absolute inset-x-0 top-0 grid cursor-pointer items-center gap-3 border-b border-line px-4 outline-offset-[-2px] hover:bg-raised ${key === selected ? "bg-accent-soft" : ""}`}
                style={{ gridTemplateColumns: template, height: ROW_PX, transform: `translateY(${item.start}px)` }}
              >
                {columns.map((column) => (
                  <span key={column.id} role="cell" className={`truncate ${column.right ? "text-right" : ""}`}>
                    {column.cell(row)}
                  </span>
                ))}
              </div>
            );
          })}
        </div>
        {foot ? <div className="sticky left-0 w-full px-4 py-3 text-center text-faint">{foot}</div> : null}
      </div>
    </div>
  );
}
