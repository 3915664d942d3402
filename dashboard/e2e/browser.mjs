// Debian's Chromium, with nothing of it that calls home; what a page must never do is noted here for every test: errors, messages
// about its policy, and requests to anywhere but the gateway.
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const AXE = readFileSync(new URL("../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
const QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
/** A machine that does other things at the same time is slow, not wrong. */
const PATIENCE_MS = Number(process.env.PATIENCE_MS ?? 60_000);
const SIZES = { desktop: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };

/** Opens the browser with a profile of its own. */
export async function openBrowser(base, shots) {
  const profile = mkdtempSync(join(tmpdir(), "gatewright-chromium-"));
  mkdirSync(shots, { recursive: true });
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    args: QUIET,
    viewport: SIZES.desktop,
    reducedMotion: "reduce",
    permissions: ["clipboard-read", "clipboard-write"],
  });
  context.setDefaultTimeout(PATIENCE_MS);
  const faults = [];
  context.on("page", (page) => watch(page, base, faults));
  for (const page of context.pages()) watch(page, base, faults);
  return {
    context,
    faults,
    page: () => context.pages()[0],
    close: async () => {
      await context.close();
      rmSync(profile, { recursive: true, force: true });
    },
    /** Light and dark at the desk, light on a phone. */
    shoot: async (page, name) => {
      await page.mouse.move(720, 2);
      for (const [look, theme, size] of [["light", "light", "desktop"], ["dark", "dark", "desktop"], ["phone", "light", "phone"]]) {
        await page.setViewportSize(SIZES[size]);
        await page.evaluate((wanted) => {
          document.documentElement.dataset.theme = wanted;
        }, theme);
        await page.waitForTimeout(150);
        await page.screenshot({ path: join(shots, `${name}-${look}.png`) });
      }
      await page.setViewportSize(SIZES.desktop);
      await page.evaluate(() => {
        document.documentElement.dataset.theme = "light";
      });
    },
  };
}

function watch(page, base, faults) {
  page.on("pageerror", (error) => faults.push(`error in the page: ${error.message}`));
  page.on("console", (message) => {
    // The browser tells of every answer that is an error; tests that ask for one expect it.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) faults.push(`console: ${message.text()}`);
  });
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(base) && !url.startsWith("data:") && !url.startsWith("blob:")) faults.push(`request to ${url}`);
  });
}

/** What axe finds in the page that is serious or worse, in both themes. */
export async function audit(page) {
  const found = [];
  for (const theme of ["light", "dark"]) {
    await page.evaluate((wanted) => {
      document.documentElement.dataset.theme = wanted;
    }, theme);
    // By the debugging protocol, which the page's policy does not hold back.
    await page.evaluate(`${AXE}; void 0`);
    const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
    for (const one of violations.filter(({ impact }) => impact === "serious" || impact === "critical")) {
      const where = one.nodes.slice(0, 3).map((node) => `${node.target.join(" ")} ${node.failureSummary?.split("\n")[1]?.trim() ?? ""}`);
      found.push(`${theme}: ${one.id}: ${one.help} (${where.join(" | ")})`);
    }
  }
  await page.evaluate(() => {
    document.documentElement.dataset.theme = "light";
  });
  return found;
}
