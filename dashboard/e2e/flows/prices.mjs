// Prices by the real API: what a model cost from when on, another price, calls corrected after a look at the difference, one that waits
// and is cancelled, one that failed, and what others may see of it.
import { client } from "../seed/index.mjs";
import { accessible, check, go, heading, signInWithKey, signOut } from "./kit.mjs";

const PATH = "/api/v1/prices/recostings";
const ALIAS = process.env.PRICED_ALIAS ?? "priced-desk";
const CALLS = 3;
const prices = (input, output) => ({ input_usd_per_million_tokens: input, output_usd_per_million_tokens: output });
const HOSTILE = "<img src=x onerror=alert(1)>";

/** An alias with a price of its own, and calls that were charged at it. Gives what one of them cost. */
async function charged({ base, masterKey }) {
  const call = client(base, masterKey);
  const alias = await call("POST", "/api/v1/models", { name: ALIAS, targets: [{ provider: "demo", model: "gpt-4o-mini", prices: prices("1", "4") }] });
  check(alias.status === 201, `the alias is not made: ${JSON.stringify(alias.value)}`);
  const team = (await call("GET", "/api/v1/teams?name=Research")).value.data[0];
  const key = await call("POST", "/api/v1/keys", { name: "priced-app", models: ["*"], team_id: team.id });
  for (let round = 0; round < CALLS; round += 1) {
    const answer = await client(base, key.value.key)("POST", "/v1/chat/completions", { model: ALIAS, messages: [{ role: "user", content: `how much is it? ${round}` }] });
    check(answer.status === 200, `a call fails: ${JSON.stringify(answer.value)}`);
  }
  const deadline = Date.now() + 20_000;
  for (;;) {
    const { value } = await call("GET", `/api/v1/logs?model=${ALIAS}`);
    if (value.data.length === CALLS) return value.data[0].cost_usd;
    check(Date.now() < deadline, "the calls have no records");
  }
}

async function history({ page, shoot, ...tools }) {
  await page.getByLabel("Model", { exact: true }).fill(ALIAS);
  await page.getByRole("button", { name: "Show", exact: true }).click();
  const table = page.getByRole("region", { name: "Prices of demo/gpt-4o-mini over time" });
  await table.getByText("$1.00").first().waitFor();
  await table.getByText("in force").waitFor();
  await page.getByRole("button", { name: "Set its price" }).click();
  const form = page.getByRole("dialog", { name: "The price of demo/gpt-4o-mini" });
  await form.getByLabel("A million input tokens").fill("dear");
  await form.getByRole("button", { name: "Set the price" }).click();
  await form.getByText("is not a decimal number").waitFor();
  await form.getByLabel("A million input tokens").fill("2");
  await form.getByLabel("A million output tokens").fill("3");
  await accessible(tools, "the form of a price");
  await shoot("price-form");
  await form.getByRole("button", { name: "Set the price" }).click();
  await form.waitFor({ state: "detached" });
  await table.getByText("+100 %").first().waitFor();
  await table.getByText("−25 %").first().waitFor();
  await table.getByText("until").first().waitFor();
  check(page.url().includes(`model=${ALIAS}`), "the address does not say which model");
  await accessible(tools, "prices over time");
  await shoot("prices");
  await page.getByLabel("Model", { exact: true }).fill("no-such-model");
  await page.getByRole("button", { name: "Show", exact: true }).click();
  await page.getByText("No price is written down").waitFor();
  await page.goBack();
  await table.waitFor();
}

async function corrected({ page, shoot, ...tools }, cost) {
  await page.getByRole("button", { name: "Correct past calls" }).last().click();
  const form = page.getByRole("dialog", { name: "Correct past calls" });
  check((await form.getByLabel("Model at the provider").inputValue()) === "gpt-4o-mini", "the form does not begin with the model");
  await form.getByLabel("Model as callers name it").fill(ALIAS);
  await form.getByRole("button", { name: "given here" }).click();
  await form.getByRole("button", { name: "Show the difference" }).click();
  await form.getByText("'prices' says nothing").waitFor();
  await form.getByLabel("A million input tokens").fill("10");
  await form.getByLabel("A million output tokens").fill("free");
  await form.getByRole("button", { name: "Show the difference" }).click();
  await form.getByText("must be an amount in USD").waitFor();
  await form.getByLabel("A million output tokens").fill("40");
  await accessible(tools, "the form of a re-costing");
  await shoot("recosting-form");
  await form.getByRole("button", { name: "Show the difference" }).click();

  // A look: nothing is changed by it.
  const look = page.getByRole("dialog", { name: "What would change" });
  await look.getByText("done", { exact: true }).waitFor();
  await look.getByText(`${CALLS} calls would change`).waitFor();
  await look.getByRole("region", { name: "By model" }).getByText("demo/gpt-4o-mini").waitFor();
  await look.getByRole("region", { name: "By team" }).getByText("Research").waitFor();
  await look.getByText("Nothing is changed yet").waitFor();
  await accessible(tools, "what a re-costing would change");
  await shoot("recosting-look");
  const call = client(tools.base, tools.masterKey);
  const costs = async () => (await call("GET", `/api/v1/logs?model=${ALIAS}`)).value.data.map((one) => one.cost_usd);
  check((await costs()).includes(cost), "a look changed what calls cost");
  const nano = (usd) => Math.round(Number(usd) * 1e9);

  await look.getByRole("button", { name: "Apply it" }).click();
  const asked = page.getByRole("dialog", { name: `Change what ${CALLS} calls cost?` });
  await accessible(tools, "the question before calls change");
  await asked.getByRole("button", { name: "Change them" }).click();
  const done = page.getByRole("dialog", { name: "Re-costing" });
  await done.getByText("done", { exact: true }).waitFor();
  await done.getByText(`${CALLS} calls changed`).waitFor();
  await shoot("recosting-done");
  const now = await costs();
  check(now.some((one) => nano(one) === 10 * nano(cost)), `the calls cost ${now}, and ${cost} before`);
  await page.keyboard.press("Escape");

  // The record says so, and leads back.
  await go(page, `/requests?model=${ALIAS}`);
  await page.getByRole("table", { name: "Requests" }).getByText(ALIAS).first().click();
  await page.getByRole("tab", { name: "Cost" }).click();
  await page.getByText("Corrected at").waitFor();
  await page.getByRole("link", { name: "The re-costing" }).click();
  await done.getByText("done", { exact: true }).waitFor();
  // Once more finds nothing to change.
  await done.getByRole("button", { name: "Look again" }).click();
  await page.getByRole("dialog", { name: "Correct past calls" }).getByRole("button", { name: "Show the difference" }).click();
  await look.getByText("All of them cost what they should").waitFor();
  check((await look.getByRole("button", { name: "Apply it" }).count()) === 0, "nothing can be applied");
  await page.keyboard.press("Escape");
}

async function waiting({ page, base, masterKey, shoot, ...tools }) {
  const later = new Date(Date.now() + 3_600_000).toISOString();
  const made = await client(base, masterKey)("POST", PATH, { from: "2026-01-01", model: ALIAS, not_before: later });
  check(made.status === 201, `none is made: ${JSON.stringify(made.value)}`);
  await go(page, "/prices?tab=calls&create=1");
  const form = page.getByRole("dialog", { name: "Correct past calls" });
  await form.getByText("Another one is there.").waitFor();
  await form.getByRole("button", { name: "Show the difference" }).click();
  await form.getByText("another re-costing waits or runs").waitFor();
  await form.getByRole("button", { name: "Another one is there." }).click();
  const drawer = page.getByRole("dialog", { name: "Re-costing" });
  await drawer.getByText("It does not begin before").waitFor();
  await accessible(tools, "a re-costing that waits");
  await drawer.getByRole("button", { name: "Cancel it" }).click();
  await page.getByRole("dialog", { name: "Cancel it?" }).getByRole("button", { name: "Cancel the re-costing" }).click();
  await drawer.getByText("It was cancelled; nothing was changed.").waitFor();
  check((await drawer.getByRole("button", { name: "Cancel it" }).count()) === 0, "one that is over can be cancelled");
  await page.keyboard.press("Escape");
  await page.getByRole("row", { name: new RegExp(`calls of ${ALIAS}.*cancelled`) }).waitFor();
  await accessible(tools, "the re-costings");
  await shoot("recostings");
  return made.value;
}

/** Ends that only a broken gateway brings about, and a list that does not come. */
async function failed({ page, shoot, ...tools }, like) {
  const one = { ...like, id: "rec_failed", state: "failed", error: `the store is read-only ${HOSTILE}`, records: 2, seen: 9, left: { unpriced: 4, lost: 1 }, cost_before_usd: "1.5", cost_after_usd: "0.75", difference_usd: "-0.75" };
  await page.route(`**${PATH}/rec_failed`, (route) => route.fulfill({ json: one }));
  await go(page, "/prices?tab=calls&open=rec_failed");
  const drawer = page.getByRole("dialog", { name: "Re-costing" });
  await drawer.getByText(`the store is read-only ${HOSTILE}`).waitFor();
  await drawer.getByText("of a model that has no price there").waitFor();
  await accessible(tools, "a re-costing that failed");
  await shoot("recosting-failed");
  await page.keyboard.press("Escape");
  await page.unroute(`**${PATH}/rec_failed`);
  await go(page, "/prices?tab=calls&open=rec_nothing");
  await page.getByRole("dialog").getByRole("alert").waitFor();
  await page.keyboard.press("Escape");
}

export const pricing = {
  "prices and past calls": async (tools) => {
    const { page, base, masterKey } = tools;
    const cost = await charged(tools);
    await go(page, "/prices");
    await heading(page, "Prices");
    await history(tools);
    await corrected(tools, cost);
    const like = await waiting(tools);
    await failed(tools, like);
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox").fill("correct what past");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog", { name: "Correct past calls" }).waitFor();
    await page.keyboard.press("Escape");

    // Prices are for whoever has a role; what became of calls is not, nor is changing either.
    const call = client(base, masterKey);
    const viewer = (await call("POST", "/api/v1/admin-tokens", { name: "onlooker", role: "viewer" })).value;
    await signOut(page);
    await signInWithKey(page, viewer.token);
    await heading(page, "Prices");
    await go(page, `/prices?tab=calls&model=${ALIAS}`);
    await page.getByRole("region", { name: "Prices of demo/gpt-4o-mini over time" }).getByText("$2.00").first().waitFor();
    for (const name of ["Set its price", "Correct past calls", "Past calls"]) check((await page.getByRole("button", { name }).count()) === 0, `a viewer sees ${name}`);
    await signOut(page);
    await signInWithKey(page, masterKey);
    await heading(page, "Prices");
    await call("DELETE", `/api/v1/models/${ALIAS}`);
  },
};
