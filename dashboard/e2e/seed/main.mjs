// `node e2e/seed/main.mjs http://127.0.0.1:4000 MASTER_KEY [ROUNDS]`: seeds a running gateway, for work on the pages.
import { seed } from "./index.mjs";

const [base, key, rounds] = process.argv.slice(2);
if (!base || !key) throw new Error("usage: node e2e/seed/main.mjs BASE MASTER_KEY [ROUNDS]");
await seed(base, key, Number(rounds ?? 40));
console.log("seeded");
