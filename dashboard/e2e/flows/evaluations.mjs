// Evaluations, with answers of the API that stand here: what a real one comes to takes calls and time.
import { accessible, check, go, heading } from "./kit.mjs";

const NOW = "2026-11-22T11:00:00Z";
const one = (id, more) => ({ id, name: `evaluation ${id}`, state: "done", dataset_id: "ds_1", dataset_name: "support answers", owner: "master", targets: [{ name: "large", model: "chat-best" }, { name: "small", model: "chat-fast" }], checks: [{ kind: "contains" }], key_id: "key_1", budget_usd: "2.5", spent_usd: "0.8", items: 2, progress: { total: 4, done: 4, passed: 3, failed: 1, errors: 0 }, created_at: NOW, started_at: NOW, ended_at: NOW, ...more });
const fared = (target, passed) => ({ target, model: target, passed, failed: 2 - passed, errors: 0, pass_rate: passed / 2, mean_score: passed / 2, cost_usd: "0.4", p50_ms: 812, p95_ms: 2400 });
const result = (item, verdict) => ({ item_id: item, target: "small", model: "chat-fast", verdict, score: 0.5, cost_usd: "0.1", total_ms: 900, prompt: `Where is ${item}?`, expected: "On its way.", answer: "<img src=x onerror=alert(1)>", checks: [{ kind: "contains", passed: verdict === "passed", score: 0, detail: "it is not in it" }] });
const list = (data) => ({ data, next_cursor: null });

export const evaluations = {
  evaluations: async (tools) => {
    const { page, shoot } = tools;
    const rows = [one("ev_1"), one("ev_2", { state: "stopped", error: "the budget has not enough left for the next call" })];
    let asked = null;
    await page.route(/\/api\/v1\/evaluations/, (route) => {
      const path = new URL(route.request().url()).pathname;
      if (route.request().method() === "POST") {
        asked = route.request().postDataJSON();
        return route.fulfill({ status: 201, json: rows[0] });
      }
      if (path.endsWith("/results")) return route.fulfill({ json: list([result("order-1", "passed"), result("order-2", "failed")]) });
      if (path.endsWith("/evaluations")) return route.fulfill({ json: list(rows) });
      return route.fulfill({ json: { ...rows[0], summary: [fared("large", 2), fared("small", 1)], comparison: [{ a: "large", b: "small", a_wins: 1, b_wins: 0, ties: 1 }] } });
    });
    await page.route("**/api/v1/datasets**", (route) => route.fulfill({ json: list([{ id: "ds_1", name: "support answers", items: 2 }]) }));
    await go(page, "/evaluations");
    await heading(page, "Evaluations");
    await page.getByText("evaluation ev_2").waitFor();
    await accessible(tools, "evaluations");
    await page.getByRole("button", { name: "New evaluation" }).click();
    const form = page.getByRole("dialog", { name: "New evaluation" });
    await form.getByLabel("Name", { exact: true }).fill("small enough?");
    await form.getByLabel("Dataset").selectOption("ds_1");
    await form.getByLabel("Key", { exact: true }).selectOption({ index: 1 });
    await form.getByLabel("Model 1", { exact: true }).fill("chat-best");
    await form.getByLabel("Model 2", { exact: true }).fill("chat-fast");
    await form.getByLabel("was there in time").check();
    await accessible(tools, "the form of an evaluation");
    await form.getByRole("button", { name: "Start" }).click();
    await page.getByText("Against each other").waitFor();
    check(asked.models.join() === "chat-best,chat-fast" && asked.checks[1].at_most_ms === 8000, `what was asked for is another: ${JSON.stringify(asked)}`);
    await page.getByText("Where is order-2?").click();
    await page.getByText("<img src=x onerror=alert(1)>").last().waitFor();
    await accessible(tools, "an evaluation");
    await shoot("evaluation");
    await page.keyboard.press("Escape");
    await page.unrouteAll({ behavior: "ignoreErrors" });
  },
};
