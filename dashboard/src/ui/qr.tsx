// A text as a QR code, drawn here: nothing of it goes anywhere. Dark on white in both themes, as cameras want it.
import { encode } from "uqr";

/** Squares of quiet around it, as the standard asks. */
const BORDER = 4;

/** The squares, row by row; `true` is dark. Pure. */
export const squares = (text: string): boolean[][] => encode(text, { ecc: "M", border: BORDER }).data;

/** The picture. */
export function QrCode({ text, label }: { text: string; label: string }) {
  const rows = squares(text);
  const path = rows.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ""))).join("");
  return (
    <svg role="img" aria-label={label} viewBox={`0 0 ${rows.length} ${rows.length}`} shapeRendering="crispEdges" className="size-48 shrink-0 rounded-md border border-line">
      <rect width="100%" height="100%" fill="#ffffff" />
      <path d={path} fill="#000000" />
    </svg>
  );
}
