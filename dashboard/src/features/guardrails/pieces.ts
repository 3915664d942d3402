// A text in pieces, each found by some guardrails or by none. Places are bytes of UTF-8, as the gateway counts them. Pure.

export type Piece = { text: string; kinds: string[] };

/** The pieces of a text, in order; together they are the text. */
export function pieces(text: string, findings: { start: number; end: number; kind: string }[]): Piece[] {
  const bytes = new TextEncoder().encode(text);
  const cuts = new Set([0, bytes.length]);
  for (const { start, end } of findings) {
    cuts.add(Math.max(0, Math.min(start, bytes.length)));
    cuts.add(Math.max(0, Math.min(end, bytes.length)));
  }
  const bounds = [...cuts].sort((a, b) => a - b);
  const decoder = new TextDecoder();
  const found: Piece[] = [];
  for (let at = 0; at + 1 < bounds.length; at += 1) {
    const from = bounds[at] as number;
    const to = bounds[at + 1] as number;
    const kinds = [...new Set(findings.filter(({ start, end }) => start <= from && end >= to && start < end).map(({ kind }) => kind))];
    found.push({ text: decoder.decode(bytes.subarray(from, to)), kinds });
  }
  return found;
}
