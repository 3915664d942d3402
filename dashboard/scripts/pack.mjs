// After the build: a packed copy beside every text file of `dist`, which the gateway sends to whoever reads gzip.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const dist = new URL("../dist", import.meta.url).pathname;
const MIN_BYTES = 1024;

for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || entry.name.endsWith(".gz")) continue;
  const path = join(entry.parentPath, entry.name);
  const plain = readFileSync(path);
  if (plain.length >= MIN_BYTES) writeFileSync(`${path}.gz`, gzipSync(plain, { level: 9 }));
}
