// Settings: one's own, and what the gateway is set to: found, changed, refused, changed by somebody else meanwhile, and reset.
import { accessible, check, go, heading, signInWithKey, signOut } from "./kit.mjs";

const ID = "health.window_ms";
const rowOf = (page, id) => page.getByRole("listitem").filter({ has: page.getByRole("heading", { name: id, exact: true }) });

/** The setting by the admin API, past the page. */
async function past({ base, masterKey }, method, body) {
  const answer = await fetch(`${base}/api/v1/settings/${ID}`, { method, headers: { authorization: `Bearer ${masterKey}`, "content-type": "application/json" }, body: body && JSON.stringify(body) });
  return { status: answer.status, body: await answer.json().catch(() => null) };
}

/** Found by words, by section, and by what can be done with them. */
async function found(tools) {
  const { page, shoot } = tools;
  await go(page, "/settings");
  await heading(page, "Settings");
  await page.getByRole("button", { name: "Gateway", exact: true }).click();
  await rowOf(page, "listen").waitFor();
  check(page.url().includes("tab=gateway"), "the address does not hold the tab");
  // The file's own says so, and has nothing to press.
  const logging = rowOf(page, "records.logging");
  await logging.getByText("gateway.yaml", { exact: false }).waitFor();
  await logging.getByText("Changed in the file.").waitFor();
  check((await logging.getByRole("button").count()) === 0, "a setting of the file can be changed");
  await rowOf(page, "listen").getByText("at start", { exact: true }).waitFor();
  await accessible(tools, "the gateway's settings");
  await shoot("settings-gateway");
  await page.getByRole("group", { name: "Which settings" }).getByRole("button", { name: "Not default" }).click();
  await rowOf(page, "server.workers").waitFor({ state: "detached" });
  await rowOf(page, "records.logging").waitFor();
  await page.getByRole("group", { name: "Which settings" }).getByRole("button", { name: "All" }).click();
  await page.getByRole("navigation", { name: "Sections" }).getByRole("button", { name: /Records/ }).click();
  await rowOf(page, "listen").waitFor({ state: "detached" });
  await page.getByRole("navigation", { name: "Sections" }).getByRole("button", { name: /All sections/ }).click();
  const find = page.getByLabel("Find a setting");
  await find.fill("nothing is called so");
  await page.getByText("No setting fits").waitFor();
  await find.fill("window_ms");
  await rowOf(page, "listen").waitFor({ state: "detached" });
  check(page.url().includes("find=window_ms"), "the address does not hold what is looked for");
}

async function changed(tools) {
  const { page, shoot } = tools;
  const row = rowOf(page, ID);
  await row.getByRole("button", { name: `Change ${ID}` }).click();
  const field = row.getByLabel(`Value of ${ID}`);
  await page.waitForFunction((id) => document.activeElement?.matches("input") && document.activeElement.labels[0]?.textContent === id, `Value of ${ID}`);
  check(page.url().includes(`edit=${ID}`), "the address does not hold what is changed");
  await field.fill("soon");
  await row.getByRole("button", { name: "Save" }).click();
  await row.getByText("This must be a number.").waitFor();
  await field.fill("3");
  await row.getByRole("button", { name: "Save" }).click();
  await row.getByText("must be a whole number from 1000").waitFor();
  await accessible(tools, "a setting that is being changed");
  await shoot("setting-change");
  await field.fill("20000");
  await page.keyboard.press("Enter");
  await field.waitFor({ state: "detached" });
  await row.getByText("20000", { exact: true }).waitFor();
  await row.getByText("API", { exact: true }).waitFor();
  await row.getByText("changed just now").or(row.getByText(/changed .* ago/)).first().waitFor();
  check((await past(tools, "GET")).body.value === 20_000, "it is not in force");
  // Whoever goes by the keyboard is where he was.
  await page.waitForFunction((text) => document.activeElement?.textContent === text, `Change ${ID}`);
}

/** Somebody else is faster: nothing is saved, and what is there now is shown. */
async function meanwhile(tools) {
  const { page } = tools;
  const row = rowOf(page, ID);
  await row.getByRole("button", { name: `Change ${ID}` }).click();
  check((await past(tools, "PATCH", { value: 30_000 })).status === 200, "the other change failed");
  await row.getByLabel(`Value of ${ID}`).fill("40000");
  await row.getByRole("button", { name: "Save" }).click();
  await row.getByText("Somebody else changed this meanwhile").waitFor();
  await row.getByText("30000", { exact: true }).waitFor();
  await accessible(tools, "a setting that somebody else changed");
  await page.keyboard.press("Escape");
  await row.getByLabel(`Value of ${ID}`).waitFor({ state: "detached" });
  check((await past(tools, "GET")).body.value === 30_000, "the other change is gone");
  await row.getByRole("button", { name: `Reset ${ID}` }).click();
  await row.getByText("default", { exact: true }).waitFor();
  await row.getByText("10000", { exact: true }).waitFor();
  check((await past(tools, "GET")).body.revision === 0, "something is stored still");
}

/** What the file says meanwhile goes first. */
async function elsewhere(tools) {
  const { page } = tools;
  const row = rowOf(page, ID);
  await row.getByRole("button", { name: `Change ${ID}` }).click();
  await page.route(
    (url) => url.pathname === `/api/v1/settings/${ID}`,
    (route) => route.fulfill({ status: 409, json: { error: { code: "conflict", message: "gateway.yaml:9 says what this is, and goes before the API; change it there", field: "id" } } }),
  );
  const again = page.waitForRequest((request) => new URL(request.url()).pathname === "/api/v1/settings");
  await row.getByLabel(`Value of ${ID}`).fill("40000");
  await row.getByRole("button", { name: "Save" }).click();
  await row.getByText("gateway.yaml:9 says what this is").waitFor();
  await again;
  await page.unrouteAll();
  await row.getByRole("button", { name: "Cancel" }).click();
}

/** Words and truth values are chosen. */
async function chosen({ page }) {
  await go(page, "/settings?tab=gateway&find=customers");
  const shown = rowOf(page, "customers.required");
  await shown.getByRole("button", { name: "Change customers.required" }).click();
  await shown.getByLabel("Value of customers.required").selectOption("true");
  await shown.getByRole("button", { name: "Save" }).click();
  await shown.getByText("API", { exact: true }).waitFor();
  await shown.getByRole("button", { name: "Reset customers.required" }).click();
  await shown.getByText("default", { exact: true }).waitFor();
  // A link to one that is being changed opens it.
  await go(page, "/settings?tab=gateway&edit=records.client_ip");
  const options = await rowOf(page, "records.client_ip").getByLabel("Value of records.client_ip").locator("option").allInnerTexts();
  check(options.join() === "off,network,full", `other words: ${options}`);
  await rowOf(page, "records.client_ip").getByRole("button", { name: "Cancel" }).click();
}

/** An auditor reads, and an admin of an organization does neither. */
async function permitted({ page, base, masterKey }) {
  const token = async (body) => (await (await fetch(`${base}/api/v1/admin-tokens`, { method: "POST", headers: { authorization: `Bearer ${masterKey}`, "content-type": "application/json" }, body: JSON.stringify(body) })).json()).token;
  const { data } = await (await fetch(`${base}/api/v1/organizations`, { headers: { authorization: `Bearer ${masterKey}` } })).json();
  await go(page, "/settings?tab=gateway");
  await signOut(page);
  await signInWithKey(page, await token({ name: "reader", role: "auditor" }));
  await rowOf(page, ID).waitFor();
  check((await page.getByRole("button", { name: /^Change / }).count()) === 0, "an auditor may change settings");
  await signOut(page);
  await signInWithKey(page, await token({ name: "tenant", role: "admin", account_id: data[0].id }));
  await page.getByRole("heading", { name: "Appearance" }).waitFor();
  check((await page.getByRole("button", { name: "Gateway", exact: true }).count()) === 0, "an admin of an organization sees the gateway's settings");
  await signOut(page);
  await signInWithKey(page, masterKey);
  await rowOf(page, ID).waitFor();
}

export const settings = {
  settings: async (tools) => {
    const { page, shoot } = tools;
    await go(page, "/settings?create=1");
    const form = page.getByRole("dialog");
    await form.getByLabel("Name").fill("reporting");
    await form.getByLabel("Role").selectOption("auditor");
    await form.getByRole("button", { name: "Create" }).click();
    await page.getByLabel("the token", { exact: true }).getByText(/^gwa-/).waitFor();
    await page.keyboard.press("Escape");
    await page.getByText("reporting").first().waitFor();
    await accessible(tools, "the settings");
    await shoot("settings");
    await page.getByRole("button", { name: "Dark", exact: true }).click();
    check((await page.evaluate(() => localStorage.getItem("gatewright.theme"))) === "dark", "the theme is not kept");
    await page.getByRole("button", { name: "Light", exact: true }).click();
  },
  "gateway settings": async (tools) => {
    await found(tools);
    await changed(tools);
    await meanwhile(tools);
    await elsewhere(tools);
    await chosen(tools);
    await permitted(tools);
  },
};
