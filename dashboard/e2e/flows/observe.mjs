// The overview, the request explorer, and that what callers wrote stays text.
import { client } from "../seed/index.mjs";
import { accessible, check, go, heading } from "./kit.mjs";

export const observe = {
  overview: async (tools) => {
    const { page, shoot } = tools;
    await go(page, "/?range=1h");
    await heading(page, "Overview");
    await page.getByText("Latest requests").waitFor();
    await page.getByText("This month").waitFor();
    await page.getByRole("link", { name: "demo", exact: true }).first().waitFor();
    await page.locator("canvas").first().waitFor();
    await page.getByRole("group", { name: "Spend by" }).getByRole("button", { name: "Teams" }).click();
    await page.getByRole("link", { name: "Support" }).first().waitFor();
    check(page.url().includes("by=teams"), "the address does not hold the dimension");
    await page.getByRole("button", { name: "Latency" }).click();
    await page.getByRole("button", { name: "p99" }).waitFor();
    await page.getByRole("link", { name: "guardrail blocked" }).waitFor();
    await accessible(tools, "the overview");
    await shoot("overview");
  },
  analytics: async (tools) => {
    const { page, shoot } = tools;
    await go(page, "/analytics?range=1h");
    await heading(page, "Analytics");
    await page.getByLabel("By", { exact: true }).selectOption("team");
    const table = page.getByRole("region", { name: "Figures by team" });
    await table.getByRole("link", { name: "Research" }).waitFor();
    await page.locator("canvas").first().waitFor();
    await page.getByRole("button", { name: "and the time before" }).click();
    await table.getByRole("columnheader", { name: "Change" }).waitFor();
    await accessible(tools, "analytics");
    await shoot("analytics");
    await page.getByRole("button", { name: /^Research/, pressed: true }).click();
    await page.getByRole("button", { name: /^Research/, pressed: false }).waitFor();
    const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "CSV" }).click().then(() => page.getByRole("menuitem", { name: "This table" }).click())]);
    check(file.suggestedFilename() === "gatewright-cost_usd-by-team.csv", `the file is called ${file.suggestedFilename()}`);
    await page.getByLabel("Measure").selectOption("latency");
    await page.getByRole("group", { name: "Percentile" }).getByRole("button", { name: "p99" }).click();
    await page.getByRole("button", { name: "Filter", exact: true }).click();
    await page.getByRole("combobox", { name: "Filter by" }).fill("outcome");
    await page.keyboard.press("Enter");
    await page.getByRole("combobox", { name: "Outcome is" }).fill("success");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Remove the filter Outcome success" }).waitFor();
    check(["metric=latency", "by=team", "p=p99", "outcome=success", "compare="].every((part) => page.url().includes(part)), `the address does not hold the view: ${page.url()}`);
    await accessible(tools, "filtered analytics");
    // Customers have no durations, and the page says so.
    await page.getByLabel("By", { exact: true }).selectOption("customer");
    await page.getByText("is not kept by customer").waitFor();
    await page.getByLabel("Measure").selectOption("requests");
    await page.getByRole("region", { name: "Figures by customer" }).getByText("Initech").waitFor();
    // Filters hold for them, too.
    await page.getByRole("button", { name: "Remove the filter Outcome success" }).waitFor();
    await page.getByRole("button", { name: "Figures of Initech alone" }).click();
    await page.getByRole("button", { name: "Remove the filter Customer Initech" }).waitFor();
    await page.getByLabel("By", { exact: true }).selectOption("model");
    await page.getByRole("region", { name: "Figures by model" }).waitFor();
    check(["customer=cus", "by=model", "outcome=success"].every((part) => page.url().includes(part)), `the address does not hold the filters: ${page.url()}`);
  },
  chargeback: async (tools) => {
    const { page, shoot } = tools;
    await go(page, "/chargeback");
    await heading(page, "Chargeback");
    await page.getByRole("rowheader", { name: "Support" }).waitFor();
    await page.getByLabel("By", { exact: true }).selectOption("customer");
    await page.getByRole("rowheader", { name: "Hooli" }).waitFor();
    await accessible(tools, "the chargeback report");
    await shoot("chargeback");
    const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "CSV" }).click()]);
    check(file.suggestedFilename().startsWith("gatewright-chargeback-customer-"), `the file is called ${file.suggestedFilename()}`);
  },
  invoice: async (tools) => {
    const { page, shoot } = tools;
    await go(page, "/invoice");
    await heading(page, "Invoice");
    await page.getByLabel("Or its text").fill("Usage date;Model;Amount\n2026-10-01;no-such-model;12.5\nTotal;;12.5\n");
    await page.getByLabel("Day", { exact: true }).waitFor();
    check((await page.getByLabel("Cost", { exact: true }).inputValue()) === "Amount", "the column of costs is found");
    await page.getByRole("button", { name: "Compare" }).click();
    const table = page.getByRole("region", { name: "Invoice and gateway" });
    await table.getByRole("rowheader", { name: "2026-10-01" }).waitFor();
    await page.getByText("could not be read").waitFor();
    await accessible(tools, "an invoice");
    await shoot("invoice");
  },
  explorer: async (tools) => {
    const { page, shoot } = tools;
    await go(page, "/requests");
    await heading(page, "Requests");
    const table = page.getByRole("table", { name: "Requests" });
    await table.getByRole("row").nth(5).waitFor();
    await accessible(tools, "the explorer");
    await shoot("requests");
    await page.keyboard.press("f");
    await page.getByRole("combobox", { name: "Filter by" }).fill("outcome");
    await accessible(tools, "the list of filters");
    await shoot("requests-filter");
    await page.keyboard.press("Enter");
    await page.getByRole("combobox", { name: "Outcome is" }).fill("upstream");
    await page.keyboard.press("Enter");
    await table.getByText("always-down").first().waitFor();
    check(page.url().includes("outcome=upstream_error"), "the address does not hold the filter");
    await table.getByRole("row").nth(1).click();
    const drawer = page.getByRole("dialog");
    await drawer.getByRole("heading", { name: "Timeline" }).waitFor();
    await drawer.getByText("demo/fault-500").first().waitFor();
    await accessible(tools, "a request");
    check(/open=/.test(page.url()), "the address does not hold the request");
    await page.keyboard.press("Escape");
    await go(page, "/requests?model=flaky-first&min_attempts=2");
    await page.getByRole("button", { name: "Remove the filter Tries 2" }).waitFor();
    await table.getByText("flaky-first").first().click();
    await drawer.getByText("503, 5xx").waitFor();
    await shoot("request");
    await drawer.getByRole("tab", { name: "Cost" }).click();
    await drawer.getByRole("rowheader", { name: "input" }).waitFor();
    await accessible(tools, "the cost of a request");
    await drawer.getByRole("tab", { name: "Feedback" }).click();
    await drawer.getByRole("button", { name: "good" }).click();
    await drawer.getByLabel("Comment").fill("Right, and <b>quick</b>.");
    await drawer.getByRole("button", { name: "Say it" }).click();
    await drawer.getByText("Right, and <b>quick</b>.").first().waitFor();
    await accessible(tools, "feedback");
    await shoot("request-feedback");
    await page.keyboard.press("Escape");
    await go(page, "/requests?feedback=good");
    await table.getByText("flaky-first").waitFor();
    await go(page, "/requests?outcome=refused");
    await table.getByText("guardrail blocked").first().click();
    await drawer.getByRole("heading", { name: "Guardrails" }).waitFor();
    await drawer.getByText("instruction override").first().waitFor();
    await page.keyboard.press("Escape");
  },
  "a search that is not over": async ({ page }) => {
    const row = { id: "r1", time: "2026-11-22T11:00:00Z", request_id: "r1", tag_ids: [], tags: [], guardrails: [], dropped_parameters: [], format: "chat", model: "found-late", provider: "demo", upstream_model: "m", stream: false, outcome: "success", status: 200, attempts: 1, input_tokens: 1, output_tokens: 9, cached_tokens: 0, cache_write_tokens: 0, reasoning_tokens: 0, usage_source: "upstream", cost_usd: "0.001", saved_usd: "0", queue_ms: 0, first_byte_ms: 5, total_ms: 9 };
    await page.route(
      (url) => url.pathname === "/api/v1/logs",
      (route) => {
        const went = new URL(route.request().url()).searchParams.get("cursor");
        const json = went === null ? { data: [], next_cursor: "c", searched_to: "2026-11-20T08:00:00Z" } : { data: [row], next_cursor: null, searched_to: null };
        return route.fulfill({ json });
      },
    );
    try {
      await go(page, "/requests?model=rare");
      await page.getByText(/Nothing found back to 2026-11-20/).waitFor();
      await page.getByRole("button", { name: "Go on" }).click();
      await page.getByRole("table", { name: "Requests" }).getByText("found-late").waitFor();
    } finally {
      await page.unrouteAll({ behavior: "ignoreErrors" });
    }
  },
  "live, a saved view, replay": async (tools) => {
    const { page, base, masterKey, shoot } = tools;
    const name = `live-${Date.now()}`;
    const made = await client(base, masterKey)("POST", "/api/v1/keys", { name, models: ["*"] });
    await go(page, `/requests?session=${name}`);
    await page.getByText("No request fits these filters").waitFor();
    await page.getByRole("button", { name: "Go live" }).click();
    await page.getByRole("button", { name: "Live", exact: true }).waitFor();
    await client(base, made.value.key)("POST", "/v1/chat/completions", { model: "chat-fast", messages: [{ role: "user", content: "seen at once" }] }, { "x-gatewright-session": name });
    const table = page.getByRole("table", { name: "Requests" });
    await table.getByText("chat-fast").waitFor();
    await accessible(tools, "the live explorer");
    await shoot("requests-live");
    await page.getByRole("button", { name: "Live", exact: true }).click();

    await page.getByRole("button", { name: "Views" }).click();
    await page.getByRole("menuitem", { name: "Save this view" }).click();
    const form = page.getByRole("dialog", { name: "Save this view" });
    await form.getByLabel("Name").fill("live calls");
    await accessible(tools, "the form of a view");
    await form.getByRole("button", { name: "Save" }).click();
    await form.waitFor({ state: "detached" });
    await go(page, "/requests");
    await page.getByRole("button", { name: "Views" }).click();
    await page.getByRole("menuitem", { name: "live calls" }).click();
    await page.getByRole("button", { name: `Remove the filter Session ${name}` }).waitFor();
    await page.getByRole("button", { name: "live calls" }).click();
    await page.getByRole("menuitem", { name: "Remove live calls" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
    await page.getByRole("button", { name: "Views" }).waitFor();

    await table.getByText("chat-fast").first().click();
    await page.getByRole("dialog").getByRole("tab", { name: "Messages" }).click();
    await page.getByRole("dialog").getByText("seen at once", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Replay" }).click();
    const again = page.getByRole("dialog", { name: "Replay this request" });
    await again.getByLabel("Model").fill("chat-best");
    await again.getByRole("button", { name: "Send it again" }).click();
    await again.getByRole("region", { name: "The answer" }).getByText("seen at once").waitFor();
    await accessible(tools, "a replay");
    await shoot("replay");
    await again.getByRole("link", { name: "Its record" }).click();
    await page.getByRole("dialog", { name: "chat-best" }).getByText("replay_of").waitFor();
    await page.keyboard.press("Escape");
  },
  bodies: async (tools) => {
    const { page, shoot } = tools;
    await go(page, "/requests?session=tools");
    await page.getByText("1 request", { exact: true }).waitFor();
    await page.getByRole("table", { name: "Requests" }).getByText("chat-best").click();
    const drawer = page.getByRole("dialog");
    await drawer.getByRole("tab", { name: "Messages" }).click();
    await drawer.getByText("Which robot is that?", { exact: true }).waitFor();
    await drawer.locator("summary", { hasText: "look_up" }).first().waitFor();
    await drawer.getByText("not fetched").first().waitFor();
    await accessible(tools, "the messages of a request");
    await shoot("request-messages");
    check((await page.locator("[role=dialog] img, [role=dialog] a[href^='http']").count()) === 0, "a prompt made an image or a link");
    await drawer.getByRole("button", { name: "Raw" }).click();
    await drawer.getByLabel("the request", { exact: true }).waitFor();
    check(page.url().includes("tab=messages"), "the address does not hold the part");
    await page.keyboard.press("Escape");
  },
  "hostile names": async ({ page }) => {
    let spoke = false;
    page.once("dialog", (dialog) => {
      spoke = true;
      void dialog.dismiss();
    });
    await go(page, `/requests?model=${encodeURIComponent("<img src=x onerror=alert(1)>")}`);
    await page.getByRole("table", { name: "Requests" }).getByText("<img src=x onerror=alert(1)>").first().click();
    await page.getByRole("dialog").getByRole("heading", { name: "Timeline" }).waitFor();
    await page.getByRole("dialog").getByRole("tab", { name: "Messages" }).click();
    await page.getByRole("dialog").getByText("<script>alert(1)</script>").first().waitFor();
    check(!spoke && (await page.locator("#root img, [role=dialog] img").count()) === 0, "what a caller wrote was taken for HTML");
    await page.keyboard.press("Escape");
  },
};
