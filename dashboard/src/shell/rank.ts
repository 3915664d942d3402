// Which commands fit what was typed, best first. Pure.

export type Command = { id: string; label: string; hint: string; words?: string };

/** How well one fits: 0 not at all. Every word typed must be found. */
export function fit(command: Command, typed: string): number {
  const label = command.label.toLowerCase();
  const rest = `${command.hint} ${command.words ?? ""} ${command.id}`.toLowerCase();
  let total = 1;
  for (const word of typed.toLowerCase().split(/\s+/).filter(Boolean)) {
    if (label.startsWith(word)) total += 8;
    else if (label.split(/[\s-]+/).some((part) => part.startsWith(word))) total += 5;
    else if (label.includes(word)) total += 3;
    else if (rest.includes(word)) total += 1;
    else return 0;
  }
  return total;
}

/** Those that fit, best first, at most `most`. */
export function rank<T extends Command>(commands: T[], typed: string, most: number): T[] {
  return commands
    .map((command, at) => ({ command, at, score: fit(command, typed) }))
    .filter((one) => one.score > 0)
    .sort((a, b) => b.score - a.score || a.at - b.at)
    .slice(0, most)
    .map((one) => one.command);
}
