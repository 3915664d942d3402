// Evaluations by the real API and the emulator's models: put to several models and compared, stopped by a budget and gone on with,
// cancelled, done once more, taken away and removed.
import { client } from "../seed/index.mjs";
import { accessible, check, go, heading } from "./kit.mjs";

/** What a page must show as text. */
const HOSTILE = "<img src=x onerror=alert(1)>";
const DATASET = "support answers";

async function dataset(call) {
  const made = await call("POST", "/api/v1/datasets", { name: DATASET });
  const item = (content, expected) => ({ request: { model: "any", messages: [{ role: "user", content }] }, expected });
  const add = [item("Where is order-1?", "You said: Where is order-1?"), item("Where is order-2?", "On its way."), item(HOSTILE, `You said: ${HOSTILE}`)];
  const filled = await call("PATCH", `/api/v1/datasets/${made.value.id}/items`, { add });
  check(filled.status === 200, `the dataset is not filled: ${JSON.stringify(filled.value)}`);
}

/** Fills the form in and starts it; the drawer shows what was made. */
async function begun(page, { name, models, budget, checks = [] }) {
  await page.getByRole("button", { name: "New evaluation" }).click();
  const form = page.getByRole("dialog", { name: "New evaluation" });
  await form.getByLabel("Name", { exact: true }).fill(name);
  await form.getByLabel("Dataset").selectOption({ label: `${DATASET}, 3 items` });
  await form.getByLabel("Key", { exact: true }).selectOption({ label: "research-notebooks" });
  await form.getByLabel("Dollars at most").fill(budget);
  for (const [place, model] of models.entries()) {
    if (place > 1) await form.getByRole("button", { name: "Another model" }).click();
    await form.getByLabel(`Model ${place + 1}`, { exact: true }).fill(model);
  }
  await form.getByLabel("has a text in it").uncheck();
  for (const label of checks) await form.getByLabel(label).check();
  return form;
}

const started = async (page, form, name) => {
  await form.getByRole("button", { name: "Start" }).click();
  const drawer = page.getByRole("dialog", { name, exact: true });
  await drawer.waitFor();
  return drawer;
};
const is = (drawer, state) => drawer.getByText(state, { exact: true }).first().waitFor();

async function compared(tools) {
  const { page, shoot } = tools;
  const name = "small enough?";
  const models = ["chat-best", "chat-fast", "always-down"];
  const form = await begun(page, { name, models, budget: "2", checks: ["is what is expected", "was there in time"] });
  await accessible(tools, "the form of an evaluation");
  await shoot("evaluation-form");
  const drawer = await started(page, form, name);
  await is(drawer, "done");
  await drawer.getByText("9 of 9", { exact: true }).waitFor();
  const fared = drawer.getByRole("region", { name: "How models fared" });
  await fared.getByRole("row", { name: /chat-best/ }).getByText("67 %").waitFor();
  await fared.getByRole("row", { name: /always-down/ }).getByText("3", { exact: true }).waitFor();
  await drawer.getByText("Against each other").waitFor();
  await drawer.getByRole("group").filter({ hasText: "Where is order-2?" }).first().locator("summary").click();
  await drawer.getByText("On its way.").first().waitFor();
  const hostile = drawer.getByRole("group").filter({ hasText: HOSTILE }).first();
  await hostile.locator("summary").click();
  await hostile.getByText(`You said: ${HOSTILE}`).first().waitFor();
  await accessible(tools, "an evaluation");
  await shoot("evaluation");
  const table = await page.evaluate(async () => {
    const link = document.querySelector('[role="dialog"] a[download]');
    return (await fetch(link.href)).text();
  });
  check(table.startsWith("item_id,target,model,verdict") && table.trim().split("\n").length >= 10, `the table is another: ${table.slice(0, 200)}`);
  // The record of a call that it made.
  await hostile.getByRole("link", { name: "its record" }).click();
  await page.waitForURL(/\/ui\/requests/);
  await page.getByRole("dialog").getByText("research-notebooks").first().waitFor();
  await page.goBack();
  const first = page.url();
  await page.getByRole("dialog", { name, exact: true }).getByRole("button", { name: "Once more" }).click();
  await page.waitForURL((now) => now.href !== first);
  await page.getByRole("dialog", { name, exact: true }).getByText("9 of 9", { exact: true }).waitFor();
  await page.keyboard.press("Escape");
}

async function stopped(tools) {
  const { page, shoot } = tools;
  const drawer = await started(page, await begun(page, { name: "too dear", models: ["chat-best"], budget: "0.001" }), "too dear");
  await is(drawer, "stopped");
  await drawer.getByText("has not enough left").waitFor();
  await drawer.getByText("not asked", { exact: true }).first().waitFor();
  await drawer.getByRole("button", { name: "Go on" }).click();
  const more = page.getByRole("dialog", { name: "Go on with too dear" });
  await more.getByLabel("Dollars at most, in all").fill("-1");
  await more.getByRole("button", { name: "Go on" }).click();
  await more.getByText("'budget_usd' is").waitFor();
  await accessible(tools, "going on with an evaluation");
  await shoot("evaluation-go-on");
  await more.getByLabel("Dollars at most, in all").fill("1");
  await more.getByRole("button", { name: "Go on" }).click();
  await more.waitFor({ state: "detached" });
  await is(drawer, "done");
  await drawer.getByText("3 of 3", { exact: true }).waitFor();
  await page.keyboard.press("Escape");
}

async function cancelled(tools) {
  const { page } = tools;
  const drawer = await started(page, await begun(page, { name: "never mind", models: ["demo/fault-hang"], budget: "2" }), "never mind");
  await is(drawer, "running");
  await drawer.getByRole("button", { name: "Cancel it" }).click();
  await is(drawer, "cancelled");
  await drawer.getByRole("button", { name: "Remove" }).click();
  await page.getByRole("dialog", { name: "Remove never mind?" }).getByRole("button", { name: "Remove" }).click();
  await page.getByRole("table", { name: "Evaluations" }).getByText("never mind").waitFor({ state: "detached" });
}

export const evaluations = {
  evaluations: async (tools) => {
    const { page, shoot } = tools;
    await dataset(client(tools.base, tools.masterKey));
    await go(page, "/evaluations");
    await heading(page, "Evaluations");
    await compared(tools);
    await stopped(tools);
    await cancelled(tools);
    await page.getByRole("table", { name: "Evaluations" }).getByText("too dear").waitFor();
    await accessible(tools, "evaluations");
    await shoot("evaluations");
  },
};
