// What the columns of an invoice say, by their headings: a guess that people may correct. Pure.

/** What a column may say, as the API calls it. */
export const SAYS = ["day", "model", "cost_usd", "input_tokens", "output_tokens", "cached_tokens"] as const;
export type Says = (typeof SAYS)[number];

export const LABELS: Record<Says, string> = { day: "Day", model: "Model", cost_usd: "Cost", input_tokens: "Input tokens", output_tokens: "Output tokens", cached_tokens: "Cached tokens" };

/** Words of which a heading has all, the best first. */
const WORDS: Record<Says, string[][]> = {
  day: [["usage", "date"], ["date"], ["day"], ["start", "time"], ["timestamp"]],
  model: [["model"], ["sku"]],
  cost_usd: [["cost"], ["amount"], ["usd"], ["price"]],
  cached_tokens: [["cached"], ["cache", "read"]],
  input_tokens: [["input", "token"], ["prompt", "token"], ["context", "token"]],
  output_tokens: [["output", "token"], ["completion", "token"], ["generated", "token"]],
};

/** The headings of a table whose cells are separated by commas, semicolons or tabs; quotes around them are taken off. */
export function headings(csv: string): string[] {
  const line = csv.replace(/^\uFEFF/, "").split(/\r?\n/).find((one) => one.trim() !== "") ?? "";
  const mark = [",", ";", "\t"].sort((a, b) => line.split(b).length - line.split(a).length)[0] ?? ",";
  const found: string[] = [];
  let cell = "";
  let quoted = false;
  for (const sign of line) {
    if (sign === '"') quoted = !quoted;
    else if (sign === mark && !quoted) {
      found.push(cell.trim());
      cell = "";
    } else cell += sign;
  }
  found.push(cell.trim());
  return found.filter((one) => one !== "");
}

/** Which heading says what, as far as their words tell; no heading says two things. */
export function guessed(names: string[]): Partial<Record<Says, string>> {
  const found: Partial<Record<Says, string>> = {};
  const taken = new Set<string>();
  for (const says of ["cached_tokens", "input_tokens", "output_tokens", "day", "model", "cost_usd"] as Says[]) {
    for (const words of WORDS[says]) {
      const name = names.find((one) => !taken.has(one) && words.every((word) => one.toLowerCase().includes(word)));
      if (name === undefined) continue;
      found[says] = name;
      taken.add(name);
      break;
    }
  }
  return found;
}
