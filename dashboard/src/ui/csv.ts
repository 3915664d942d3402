// Tables as files. A cell that a spreadsheet would take for a formula begins with an apostrophe, as in the gateway's own reports.

/** As the gateway's own rule: some skip what is blank before they look. */
const FORMULA = /^[ \n\u00a0]*[=+\-@\t\r]/;

/** One cell. Numbers of ours are numbers; only what somebody wrote is guarded. */
function cell(value: string | number | null): string {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  if (/^-?\d+(\.\d+)?$/.test(value)) return value;
  const text = FORMULA.test(value) ? `'${value}` : value;
  return text !== value || /[",\r\n;\t]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A table, its head first. */
export const csv = (rows: (string | number | null)[][]) => `${rows.map((row) => row.map(cell).join(",")).join("\r\n")}\r\n`;

/** Gives a text to whoever looks, as a file. */
export function download(name: string, text: string, type = "text/csv;charset=utf-8") {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The browser has begun by then; without it the text would stay in memory.
  window.setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
