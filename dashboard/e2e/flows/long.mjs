// Lists that are longer than what a page of the API holds. The API's answers are made up here: what is driven is the page.
import { check, go, heading } from "./kit.mjs";

const MANY = 10_000;
const FEW_IN_PAGE = 150;
const FRAMES = 120;

/** Answers a list in pages, by a cursor that is a number. */
async function long(page, path, rows, many) {
  await page.route(
    (url) => url.pathname === path,
    (route) => {
      const query = new URL(route.request().url()).searchParams;
      const from = Number(query.get("cursor") ?? 0);
      const to = Math.min(many, from + Number(query.get("limit") ?? 100));
      const data = Array.from({ length: to - from }, (_, at) => rows(from + at));
      return route.fulfill({ json: { data, next_cursor: to < many ? String(to) : null } });
    },
  );
}

const drawn = (page, name) => page.getByRole("table", { name }).getByRole("row").count();

/** Scrolls a table by ten rows each frame; gives what a frame costs the page's thread, in milliseconds of its own time: a machine
 *  that does other things at the same time shows fewer frames, and each costs the same. */
async function frameMs(page, name) {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const spent = async () => (await session.send("Performance.getMetrics")).metrics.find((one) => one.name === "TaskDuration").value * 1000;
  const before = await spent();
  await page.evaluate(
    ([label, frames]) =>
      new Promise((resolve) => {
        const box = document.querySelector(`[role=table][aria-label="${label}"]`);
        box.scrollTop = 0;
        let left = frames;
        const step = () => {
          box.scrollTop += 380;
          left -= 1;
          if (left > 0) requestAnimationFrame(step);
          else resolve();
        };
        requestAnimationFrame(step);
      }),
    [name, FRAMES],
  );
  const after = await spent();
  await session.detach();
  return (after - before) / FRAMES;
}

/** Goes to the end again and again, as what is there grows. */
async function toTheEnd(page, name, last) {
  const deadline = Date.now() + 60_000;
  while ((await last.count()) === 0) {
    check(Date.now() < deadline, `the end of ${name} is not reached`);
    await page.evaluate((label) => {
      const box = document.querySelector(`[role=table][aria-label="${label}"]`);
      box.scrollTop = box.scrollHeight;
    }, name);
    await page.waitForTimeout(50);
  }
}

export const longLists = {
  "ten thousand requests": async ({ page }) => {
    const time = Date.parse("2026-11-22T12:00:00Z");
    const row = (at) => ({
      id: `r${at}`, time: new Date(time - at * 1000).toISOString(), request_id: `r${at}`, tag_ids: [], tags: [], guardrails: [], dropped_parameters: [], saved_usd: "0", queue_ms: 0, format: "chat", model: `model-${at}`, provider: "demo", upstream_model: "m",
      stream: false, outcome: "success", status: 200, attempts: 1, input_tokens: at, output_tokens: 9, cached_tokens: 0, cache_write_tokens: 0, reasoning_tokens: 0,
      usage_source: "upstream", cost_usd: "0.001", first_byte_ms: 5, total_ms: 9,
    });
    await long(page, "/api/v1/logs", row, MANY);
    try {
      await go(page, "/requests?model=made-up");
      await heading(page, "Requests");
      const table = page.getByRole("table", { name: "Requests" });
      await table.getByText("model-0", { exact: true }).waitFor();
      await toTheEnd(page, "Requests", table.getByText(`model-${MANY - 1}`, { exact: true }));
      const rows = await drawn(page, "Requests");
      check(rows < FEW_IN_PAGE, `${rows} rows are in the page at once`);
      const cost = await frameMs(page, "Requests");
      console.log(`     a frame of scrolling through ${MANY} rows takes ${cost.toFixed(1)} ms of the 16.7 that sixty a second leave`);
      await table.getByRole("row").nth(9).focus();
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("Enter");
      await page.getByRole("dialog").getByRole("heading", { name: "Timeline" }).waitFor();
      await page.keyboard.press("Escape");
    } finally {
      await page.unrouteAll({ behavior: "ignoreErrors" });
    }
  },
  "thousands of customers": async ({ page }) => {
    const row = (at) => ({ id: `cust_${at}`, name: `customer ${String(at).padStart(4, "0")}`, limits: {}, budgets: [{ limit_usd: String(at), period: "month" }], metadata: {}, revision: 1, created_at: "2026-01-01T00:00:00Z", updated_at: "2026-01-01T00:00:00Z" });
    await long(page, "/api/v1/customers", row, 3_000);
    try {
      await go(page, "/customers?name=customer");
      await heading(page, "Customers");
      await page.getByText("3,000 customers").waitFor({ state: "attached" });
      check((await drawn(page, "Customers")) < FEW_IN_PAGE, "all customers are in the page at once");
      await page.getByRole("button", { name: "Budget" }).click();
      await page.getByRole("button", { name: "Budget" }).click();
      await page.getByText("customer 2999").waitFor();
      check(page.url().includes("sort=-budget"), "the address does not hold the order");
      await page.getByLabel("Find customers").fill("customer 1234");
      await page.getByText("1 customer", { exact: true }).waitFor();
    } finally {
      await page.unrouteAll({ behavior: "ignoreErrors" });
      await page.reload();
    }
  },
};
