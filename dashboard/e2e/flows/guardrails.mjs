// Guardrails of the API: added, tried, changed, kept where a key needs them, and removed; those of the file are only shown.
import { accessible, check, go, heading, signInWithKey, signOut } from "./kit.mjs";

const cardOf = (page, name) => page.getByRole("listitem").filter({ has: page.getByRole("heading", { name, exact: true }) });

async function menu(page, name, item) {
  await page.getByRole("button", { name: `Actions for ${name}` }).click();
  await page.getByRole("menuitem", { name: item }).click();
}

/** The API by the page's own session. */
const api = (page, method, path, body, headers = {}) =>
  page.evaluate(
    async ([method, path, body, headers]) => {
      const { csrf_token: token } = await (await fetch("/api/v1/auth/session")).json();
      const answer = await fetch(path, { method, headers: { "content-type": "application/json", "x-gatewright-csrf": token, ...headers }, body: body === null ? undefined : JSON.stringify(body) });
      return { status: answer.status, body: await answer.json().catch(() => null) };
    },
    [method, path, body ?? null, headers],
  );

async function added(tools) {
  const { page, shoot } = tools;
  await page.getByRole("button", { name: "Add a guardrail" }).click();
  const form = page.getByRole("dialog", { name: "Add a guardrail" });
  await form.waitFor();
  check(page.url().includes("add="), "the address does not hold the form");
  const name = form.getByLabel("Name", { exact: true });
  await name.fill("no-secrets");
  await form.getByText("there is a guardrail of this name").waitFor();
  await name.fill("two,words");
  await form.getByText("letters, digits, dots").waitFor();
  await name.fill("birds");
  await form.getByLabel("requests", { exact: true }).uncheck();
  await form.getByText("one of them at least").waitFor();
  await form.getByLabel("requests", { exact: true }).check();
  // Each kind has its fields; what is wrong is said at its own.
  await form.getByLabel("Kind").selectOption("regex");
  await form.getByLabel("Patterns").fill("fine\n(");
  await form.getByRole("button", { name: "Add", exact: true }).click();
  await form.getByLabel("Patterns").and(page.locator("[aria-invalid=true]")).waitFor();
  await form.getByLabel("Kind").selectOption("keywords");
  await form.getByLabel("Terms").fill("eagle\nProject Osprey");
  await form.getByLabel("A finding leads to").selectOption("block");
  await form.getByLabel("Callers are told").fill("Not about birds.");
  await form.getByText("Further settings", { exact: true }).click();
  const more = form.getByLabel("Further settings as JSON");
  await more.fill('{ "terms": ["twice"] }');
  await form.getByRole("button", { name: "Add", exact: true }).click();
  await form.getByText("'terms' has a field of its own").waitFor();
  await more.fill('{ "speaker": ["user"] }');
  await form.getByRole("button", { name: "Add", exact: true }).click();
  await form.getByText("did you mean 'speakers'").waitFor();
  await more.fill('{ "speakers": ["user", "tool"] }');
  await accessible(tools, "adding a guardrail");
  await shoot("guardrail-add");
  await form.getByRole("button", { name: "Add and try it" }).click();
  await form.waitFor({ state: "detached" });
  const card = cardOf(page, "birds");
  await card.getByText("block", { exact: true }).waitFor();
  // Straight to the text box, with this one chosen.
  const text = page.getByLabel("Text", { exact: true });
  await page.waitForFunction(() => document.activeElement?.tagName === "TEXTAREA");
  check(page.url().includes("only=birds"), "the address does not hold what is tried");
  await text.fill("Where does the EAGLE live?");
  await page.getByRole("button", { name: "Test", exact: true }).click();
  await page.getByText("by birds", { exact: true }).waitFor();
}

async function changed(tools) {
  const { page } = tools;
  const card = cardOf(page, "birds");
  await menu(page, "birds", "Change");
  const form = page.getByRole("dialog", { name: "Change birds" });
  check((await form.getByLabel("Terms").inputValue()) === "eagle\nProject Osprey", "the form does not have what is there");
  check((await form.getByLabel("Further settings as JSON").inputValue()).includes('"tool"'), "the rest is not in the form");
  await form.getByLabel("Terms").fill("owl");
  await form.getByLabel("Shadow").check();
  // Somebody else is faster: nothing is saved, and what he did is shown.
  const other = await api(page, "PATCH", "/api/v1/guardrails/birds", { message: "Theirs." });
  check(other.status === 200, `the other change failed with ${other.status}`);
  await form.getByRole("button", { name: "Save", exact: true }).click();
  await form.getByText("Somebody else changed it meanwhile").waitFor();
  await accessible(tools, "a guardrail that somebody else changed");
  await form.getByRole("button", { name: "Read it anew" }).click();
  check((await form.getByLabel("Callers are told").inputValue()) === "Theirs.", "what somebody else changed is not shown");
  await form.getByLabel("Terms").fill("owl");
  await form.getByLabel("Shadow").check();
  await form.getByLabel("Callers are told").fill("");
  await form.getByRole("button", { name: "Save", exact: true }).click();
  await form.waitFor({ state: "detached" });
  await card.getByText("shadow", { exact: true }).waitFor();
  const { body } = await api(page, "GET", "/api/v1/guardrails/birds");
  check(JSON.stringify(body.settings.terms) === '["owl"]' && body.settings.message === undefined, `it is not what was saved: ${JSON.stringify(body.settings)}`);
}

/** Secrets go in, and nothing of them comes out. */
async function sealed(tools) {
  const { page, shoot } = tools;
  await page.getByRole("button", { name: "Add a guardrail" }).click();
  const form = page.getByRole("dialog", { name: "Add a guardrail" });
  await form.getByLabel("Kind").selectOption("webhook");
  await form.getByLabel("Name", { exact: true }).fill("dlp");
  await form.getByLabel("Address").fill("https://dlp.example/check");
  await form.getByLabel("Secret that signs questions").fill("not-a-real-secret-1234");
  await form.getByLabel("Without a verdict").selectOption("open");
  await accessible(tools, "adding a web hook");
  await form.getByRole("button", { name: "Add", exact: true }).click();
  await form.waitFor({ state: "detached" });
  const card = cardOf(page, "dlp");
  await card.getByText("Settings").click();
  await card.getByText("sealed", { exact: true }).waitFor();
  check(!(await page.content()).includes("not-a-real-secret"), "a guardrail's secret is shown");
  await accessible(tools, "the guardrails with one of the API");
  await shoot("guardrails-managed");
  await menu(page, "dlp", "Change");
  const edit = page.getByRole("dialog", { name: "Change dlp" });
  await edit.getByLabel("Address").fill("https://elsewhere.example/check");
  await edit.getByRole("button", { name: "Save", exact: true }).click();
  await edit.getByText("give 'secret' again, or null").waitFor();
  await edit.getByText("Further settings", { exact: true }).click();
  await edit.getByLabel("Further settings as JSON").fill('{ "secret": null }');
  await edit.getByRole("button", { name: "Save", exact: true }).click();
  await edit.waitFor({ state: "detached" });
  await card.getByText("https://elsewhere.example/check").waitFor();
  check((await card.getByText("sealed", { exact: true }).count()) === 0, "the secret is there still");
}

async function removed({ page }) {
  const key = await api(page, "POST", "/api/v1/keys", { name: "bird-watch", guardrails: ["birds"] });
  await menu(page, "birds", "Remove");
  const question = page.getByRole("dialog", { name: "Remove birds?" });
  await question.getByRole("button", { name: "Remove" }).click();
  await question.getByText("the key 'bird-watch'").waitFor();
  await page.keyboard.press("Escape");
  await api(page, "DELETE", `/api/v1/keys/${key.body.id}`);
  for (const name of ["birds", "dlp"]) {
    await menu(page, name, "Remove");
    await page.getByRole("dialog", { name: `Remove ${name}?` }).getByRole("button", { name: "Remove" }).click();
    await cardOf(page, name).waitFor({ state: "detached" });
  }
}

/** Whoever may not change them sees them, and no button. */
async function read({ page, masterKey }) {
  const made = await api(page, "POST", "/api/v1/admin-tokens", { name: "onlooker", role: "viewer" });
  await signOut(page);
  await signInWithKey(page, made.body.token);
  await heading(page, "Guardrails");
  await cardOf(page, "no-secrets").waitFor();
  check((await page.getByRole("button", { name: "Add a guardrail" }).count()) === 0, "a viewer may add guardrails");
  await signOut(page);
  await signInWithKey(page, masterKey);
  await heading(page, "Guardrails");
}

export const guardrails = {
  guardrails: async (tools) => {
    const { page, shoot } = tools;
    await go(page, "/guardrails");
    await heading(page, "Guardrails");
    await page.getByRole("button", { name: "Test", exact: true }).click();
    await page.getByText("blocked", { exact: true }).waitFor();
    await page.locator("mark").first().waitFor();
    await accessible(tools, "the guardrails");
    await shoot("guardrails");
    await page.getByLabel("Text", { exact: true }).fill("What is the weather like?");
    await page.getByRole("button", { name: "Test", exact: true }).click();
    await page.getByText("Nothing was found.").waitFor();
  },
  "managed guardrails": async (tools) => {
    const { page } = tools;
    await go(page, "/guardrails");
    await heading(page, "Guardrails");
    await cardOf(page, "no-secrets").getByText("file", { exact: true }).waitFor();
    check((await page.getByRole("button", { name: "Actions for no-secrets" }).count()) === 0, "a guardrail of the file can be changed");
    await added(tools);
    await changed(tools);
    await sealed(tools);
    await removed(tools);
    await read(tools);
  },
};
