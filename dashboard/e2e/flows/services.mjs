// Service accounts: made in a team, given a key and a token that are used, disabled, found from their team, removed with what they have.
import { accessible, check, go, heading, signInWithKey, signOut } from "./kit.mjs";

const CALL = JSON.stringify({ model: "chat-fast", messages: [{ role: "user", content: "ping from a pipeline" }] });
const JSON_TYPE = { "content-type": "application/json" };

async function made({ page, shoot, ...tools }) {
  await go(page, "/service-accounts");
  await heading(page, "Service accounts");
  await page.getByText("No service account yet").waitFor();
  await accessible(tools, "no service account");
  await page.getByRole("button", { name: "Create a service account" }).click();
  const form = page.getByRole("dialog", { name: "New service account" });
  check((await form.getByLabel("E-mail").count()) === 0, "a service account has an address");
  await form.getByLabel("Name", { exact: true }).fill("deploy-bot");
  await form.getByLabel("Belongs to").selectOption({ label: "Research (team)" });
  await form.getByRole("button", { name: "Add a role" }).click();
  check((await form.getByLabel("Place of role 1").evaluate((field) => field.selectedOptions[0].text)) === "Research (team)", "a role begins elsewhere");
  // Its roles hold at what it belongs to, and below; the gateway says so.
  await form.getByLabel("Place of role 1").selectOption({ label: "Globex (organization)" });
  await form.getByRole("button", { name: "Create", exact: true }).click();
  await form.getByText("must be what the service account belongs to").waitFor();
  await form.getByLabel("Place of role 1").selectOption({ label: "Research (team)" });
  await form.getByLabel("Requests a minute").fill("60");
  await accessible(tools, "the form of a service account");
  await shoot("service-account-form");
  await form.getByRole("button", { name: "Create", exact: true }).click();
  const drawer = page.getByRole("dialog", { name: "deploy-bot", exact: true });
  await drawer.getByText("Research (team)").waitFor();
  await drawer.getByText("member of Research").waitFor();
  check((await drawer.getByRole("button", { name: "Password link" }).count()) === 0, "a service account gets a password");
  return drawer;
}

/** A key for calls, shown once. */
async function key({ page }, drawer) {
  await drawer.getByRole("button", { name: "Create a key" }).click();
  const form = page.getByRole("dialog", { name: "Create a key of deploy-bot" });
  await form.getByLabel("Name", { exact: true }).fill("deploys");
  await form.getByRole("button", { name: "Create the key" }).click();
  const shown = page.getByRole("dialog", { name: "The key deploys" });
  const secret = await shown.getByLabel("the key", { exact: true }).innerText();
  await shown.getByRole("button", { name: "I have copied it" }).click();
  await drawer.getByRole("region", { name: "Keys" }).getByText("deploys").waitFor();
  return secret;
}

/** A token for the admin API, shown once. */
async function token({ page, ...tools }, drawer) {
  await drawer.getByRole("button", { name: "Create a token" }).click();
  const form = page.getByRole("dialog", { name: "New admin token of deploy-bot" });
  check((await form.getByLabel("Role").count()) === 0, "a token of a service account has a role of its own");
  await form.getByLabel("Name", { exact: true }).fill("pipeline");
  await form.getByLabel("Scopes").fill("nothing:much");
  await form.getByRole("button", { name: "Create", exact: true }).click();
  await form.getByText("nothing:much").first().waitFor();
  await form.getByLabel("Scopes").fill("keys:read, teams:read");
  await accessible(tools, "the form of its token");
  await form.getByRole("button", { name: "Create", exact: true }).click();
  const shown = page.getByRole("dialog", { name: "The token pipeline" });
  const secret = await shown.getByLabel("the token", { exact: true }).innerText();
  await shown.getByRole("button", { name: "I have copied it" }).click();
  await drawer.getByRole("region", { name: "Admin tokens" }).getByText("2 scopes").waitFor();
  return secret;
}

export const services = {
  "service accounts": async (tools) => {
    const { page, base, masterKey, shoot } = tools;
    const drawer = await made(tools);
    const secret = await key(tools, drawer);
    const bearer = await token(tools, drawer);
    const call = () => fetch(`${base}/v1/chat/completions`, { method: "POST", headers: { ...JSON_TYPE, authorization: `Bearer ${secret}` }, body: CALL }).then(async (answer) => [answer.status, await answer.text()]);
    const me = () => fetch(`${base}/api/v1/me`, { headers: { authorization: `Bearer ${bearer}` } });
    const [status, text] = await call();
    check(status === 200, `its key does not work: ${status} ${text}`);
    check((await (await me()).json()).roles[0].role === "member", "its token has other roles");
    await accessible(tools, "a service account");
    await shoot("service-account");

    // Disabled, and everything of it with it.
    await drawer.getByRole("button", { name: "Disable", exact: true }).click();
    await drawer.getByText("disabled", { exact: true }).first().waitFor();
    check((await me()).status === 401, "its token works while it is disabled");
    await drawer.getByRole("button", { name: "Enable", exact: true }).click();
    await drawer.getByText("active", { exact: true }).first().waitFor();
    check((await me()).status === 200, "its token does not work again");
    await page.keyboard.press("Escape");
    await drawer.waitFor({ state: "detached" });

    // It is nobody among the people, and is found from what it belongs to and in the palette.
    await go(page, "/users");
    await page.getByRole("button", { name: "Ada Byron", exact: true }).waitFor();
    check((await page.getByRole("table", { name: "Users" }).getByText("deploy-bot").count()) === 0, "a service account stands among people");
    await go(page, "/teams?name=Research");
    await page.getByRole("button", { name: "Research", exact: true }).click();
    await page.getByRole("link", { name: "Its service accounts" }).click();
    await heading(page, "Service accounts");
    await page.getByRole("row", { name: /deploy-bot/ }).getByText("Research", { exact: true }).waitFor();
    await accessible(tools, "the service accounts");
    await shoot("service-accounts");
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox").fill("deploy-bot");
    await page.getByRole("option", { name: /deploy-bot.*Service account/ }).waitFor();
    await page.keyboard.press("Enter");

    // With a key it goes with that, or not at all.
    await drawer.getByRole("button", { name: "Delete", exact: true }).click();
    const asked = page.getByRole("dialog", { name: "Delete deploy-bot?" });
    await asked.getByRole("button", { name: "Delete the service account" }).click();
    await asked.getByRole("alert").waitFor();
    await asked.getByLabel("Revoke its keys, too").check();
    await accessible(tools, "the question before a service account goes");
    await asked.getByRole("button", { name: "Delete the service account" }).click();
    await asked.waitFor({ state: "detached" });
    await go(page, "/service-accounts");
    await page.getByText("No service account yet").waitFor();
    check((await me()).status === 401, "its token outlives it");

    // Whoever may not write sees no button for it.
    const made1 = await fetch(`${base}/api/v1/admin-tokens`, { method: "POST", headers: { ...JSON_TYPE, authorization: `Bearer ${masterKey}` }, body: JSON.stringify({ name: "watcher", role: "auditor" }) });
    await signOut(page);
    await signInWithKey(page, (await made1.json()).token);
    await heading(page, "Service accounts");
    await page.getByText("No service account yet").waitFor();
    check((await page.getByRole("button", { name: "Create a service account" }).count()) === 0, "an auditor may make service accounts");
    await signOut(page);
    await signInWithKey(page, masterKey);
    await heading(page, "Service accounts");
  },
};
