// Tables of a page's length: sorted in the browser, with a name and a row that can be opened. Long lists are in `virtual.tsx`.
import { type ColumnDef, flexRender, getCoreRowModel, getSortedRowModel, type SortingState, useReactTable } from "@tanstack/react-table";
import { type ReactNode, useState } from "react";
import { Icon } from "./icons";

type Props<T> = {
  label: string;
  rows: T[];
  columns: ColumnDef<T, any>[];
  id: (row: T) => string;
  onOpen?: (row: T) => void;
  empty?: ReactNode;
  /** How it is sorted at first. */
  sorted?: SortingState;
};

declare module "@tanstack/react-table" {
  interface ColumnMeta<TData extends unknown, TValue> {
    /** Numbers stand at the right. */
    right?: boolean;
    /** Left out on narrow screens. */
    wide?: boolean;
  }
}

/** A table. */
export function Table<T>({ label, rows, columns, id, onOpen, empty, sorted = [] }: Props<T>) {
  const [sorting, setSorting] = useState<SortingState>(sorted);
  const table = useReactTable({
    data: rows,
    columns,
    state: { sorting },
    onSortingChange: setSorting,
    getRowId: id,
    getCoreRowModel: getCoreRowModel(),
    getSortedRowModel: getSortedRowModel(),
  });
  if (rows.length === 0) return <>{empty}</>;
  const side = (meta: { right?: boolean; wide?: boolean } | undefined) =>
    `${meta?.right ? "text-right" : "text-left"} ${meta?.wide ? "max-md:hidden" : ""}`;
  return (
    <div className="overflow-x-auto" tabIndex={0} role="region" aria-label={label}>
      <table className="num w-full border-collapse">
        <caption className="sr-only">{label}</caption>
        <thead>
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id} className="border-b border-line text-[0.86rem] text-faint">
              {group.headers.map((head) => {
                const order = head.column.getIsSorted();
                return (
                  <th
                    key={head.id}
                    scope="col"
                    aria-sort={order === "asc" ? "ascending" : order === "desc" ? "descending" : undefined}
                    className={`h-9 px-3 font-medium whitespace-nowrap first:pl-4 last:pr-4 ${side(head.column.columnDef.meta)}`}
                  >
                    {head.column.getCanSort() && head.column.columnDef.header ? (
                      <button type="button" onClick={head.column.getToggleSortingHandler()} className={`inline-flex items-center gap-1 hover:text-ink ${head.column.columnDef.meta?.right ? "flex-row-reverse align-middle" : ""}`}>
                        {flexRender(head.column.columnDef.header, head.getContext())}
                        <span className={order ? (order === "asc" ? "rotate-180" : "") : "invisible"}>
                          <Icon name="down" size={12} />
                        </span>
                      </button>
                    ) : (
                      flexRender(head.column.columnDef.header, head.getContext())
                    )}
                  </th>
                );
              })}
            </tr>
          ))}
        </thead>
        <tbody>
          {table.getRowModel().rows.map((row) => (
            <tr key={row.id} className={`border-b border-line last:border-0 ${onOpen ? "cursor-pointer hover:bg-raised" : ""}`} onClick={onOpen ? () => onOpen(row.original) : undefined}>
              {row.getVisibleCells().map((cell) => (
                <td key={cell.id} className={`h-10 max-w-80 truncate px-3 first:pl-4 last:pr-4 ${side(cell.column.columnDef.meta)}`}>
                  {flexRender(cell.column.columnDef.cell, cell.getContext())}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The name in a row that opens it: a button, so that the keyboard reaches it. */
export function RowName({ children, onOpen, sub }: { children: ReactNode; onOpen: () => void; sub?: ReactNode }) {
  return (
    <span className="flex min-w-0 flex-col">
      <button
        type="button"
        onClick={(event) => {
          event.stopPropagation();
          onOpen();
        }}
        className="min-w-0 truncate text-left font-medium hover:text-accent-strong hover:underline"
      >
        {children}
      </button>
      {sub ? <span className="truncate text-[0.86rem] text-faint">{sub}</span> : null}
    </span>
  );
}

/** Keeps a click on what stands in a row from opening the row. */
export function Apart({ children }: { children: ReactNode }) {
  return (
    <span role="presentation" onClick={(event) => event.stopPropagation()} onKeyDown={(event) => event.stopPropagation()}>
      {children}
    </span>
  );
}
