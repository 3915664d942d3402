// What the first load costs: the page's scripts with all that they import at once, packed. Fails above the bound. What a page
// loads later stands below it, for information.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

const dist = new URL("../dist", import.meta.url).pathname;
const MOST_BYTES = 350 * 1024;

const packed = (name) => {
  const path = join(dist, "assets", name);
  return statSync(existsSync(`${path}.gz`) ? `${path}.gz` : path).size;
};
const page = readFileSync(join(dist, "index.html"), "utf8");
const first = new Set();
const visit = (name) => {
  if (first.has(name)) return;
  first.add(name);
  const code = readFileSync(join(dist, "assets", name), "utf8");
  for (const [, other] of code.matchAll(/(?:^|[;}\s])(?:import|export)[^'"()]*?["']\.\/([\w.-]+\.js)["']/g)) visit(other);
};
for (const [, name] of page.matchAll(/\/ui\/assets\/([\w.-]+\.js)/g)) visit(name);
const total = [...first].reduce((sum, name) => sum + packed(name), 0);
const kib = (bytes) => `${(bytes / 1024).toFixed(1)} KiB`;
console.log(`first load: ${kib(total)} of JavaScript, packed, in ${first.size} files; at most ${kib(MOST_BYTES)}`);
const later = readdirSync(join(dist, "assets")).filter((name) => name.endsWith(".js") && !first.has(name));
for (const name of later.sort((a, b) => packed(b) - packed(a)).slice(0, 8)) console.log(`  later: ${name} ${kib(packed(name))}`);
if (total > MOST_BYTES) process.exit(1);
