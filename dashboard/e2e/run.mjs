// `node e2e/run.mjs --binary PATH [--only NAME] [--url URL]`: drives every page of the dashboard in a browser, against a gateway that
// it starts and seeds. Each test says what it did; the last line has the counts. `--url` takes a gateway that runs already.
import { parseArgs } from "node:util";
import { audit, openBrowser } from "./browser.mjs";
import { MASTER_KEY, startGateway } from "./gateway.mjs";
import { flows } from "./flows/index.mjs";

const { values } = parseArgs({
  options: {
    binary: { type: "string" },
    only: { type: "string" },
    url: { type: "string" },
    key: { type: "string" },
    shots: { type: "string", default: new URL("../../target/dashboard/screenshots", import.meta.url).pathname },
  },
});

const gateway = values.url ? { base: values.url, stop: async () => undefined } : await startGateway(values.binary ?? "gatewright");
const masterKey = values.key ?? MASTER_KEY;
const browser = await openBrowser(gateway.base, values.shots);
let passed = 0;
let failed = 0;
try {
  const page = browser.page();
  const tools = { page, base: gateway.base, masterKey, context: browser.context, shoot: (name) => browser.shoot(page, name), audit: () => audit(page) };
  for (const [name, flow] of Object.entries(flows)) {
    if (values.only && name !== "sign-in" && !name.includes(values.only)) continue;
    browser.faults.length = 0;
    const begun = Date.now();
    try {
      await flow(tools);
      if (browser.faults.length > 0) throw new Error(browser.faults.join("\n  "));
      passed += 1;
      console.log(`ok   ${name} (${Date.now() - begun} ms)`);
    } catch (error) {
      failed += 1;
      console.log(`FAIL ${name}: ${error.message}`);
      await page.screenshot({ path: `${values.shots}/failed-${name}.png` }).catch(() => undefined);
      if (name === "sign-in") break;
      // What it left open is not the next one's trouble.
      await page.unrouteAll({ behavior: "ignoreErrors" }).catch(() => undefined);
      await page.setViewportSize({ width: 1440, height: 900 }).catch(() => undefined);
      await page.goto(`${gateway.base}/ui/`).catch(() => undefined);
    }
  }
} finally {
  await browser.close();
  await gateway.stop();
}
console.log(`dashboard: ${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
