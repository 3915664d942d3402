// Models, providers, guardrails, cache, audit log, settings.
import { accessible, check, go, heading } from "./kit.mjs";

export const control = {
  models: async (tools) => {
    const { page, shoot } = tools;
    await go(page, "/models");
    await heading(page, "Models");
    await page.getByLabel("Find a model").fill("chat-");
    await page.getByRole("table", { name: "Models" }).getByText("chat-best").click();
    await page.getByRole("dialog").getByText("$0.15 per million tokens").waitFor();
    await accessible(tools, "a model");
    await page.keyboard.press("Escape");
    await shoot("models");
  },
  providers: async (tools) => {
    const { page, shoot } = tools;
    await go(page, "/providers");
    await heading(page, "Providers");
    await page.getByText("answered").first().waitFor();
    await page.getByRole("button", { name: "Store one" }).click();
    const form = page.getByRole("dialog");
    await form.getByLabel("Name").fill("spare-openai");
    await form.getByLabel("Provider's API key").fill("sk-not-a-real-key-1234");
    await form.getByRole("button", { name: "Store" }).click();
    await page.getByText("…1234").waitFor();
    check(!(await page.content()).includes("sk-not-a-real-key"), "a stored credential is shown");
    // The breaker's view of the models that always fail.
    await page.getByText("Models that had trouble").waitFor();
    await page.getByText("fault-500", { exact: true }).first().waitFor();
    await page.getByRole("button", { name: "Test call" }).click();
    await page.getByText("You said: Say hello.").waitFor();
    await accessible(tools, "the providers");
    await shoot("providers");
    await page.getByLabel("Model of demo").fill("demo/fault-500");
    await page.getByRole("button", { name: "Test call" }).click();
    await page.getByRole("alert").getByText("its record").waitFor();
    await page.getByRole("button", { name: "Add a provider" }).click();
    const add = page.getByRole("dialog", { name: "Add a provider" });
    await add.getByLabel("Kind").selectOption("mistral");
    await add.getByLabel("Name", { exact: true }).fill("demo");
    await add.getByText("there is a provider of this name").waitFor();
    await add.getByLabel("Name", { exact: true }).fill("mistral-eu");
    await add.getByLabel("Where its key stands").selectOption("environment");
    await add.getByRole("button", { name: "Next" }).click();
    await add.getByText("api_key: ${MISTRAL_API_KEY}").waitFor();
    await add.getByText("Waiting for mistral-eu").waitFor();
    await accessible(tools, "adding a provider");
    await shoot("provider-add");
    await page.keyboard.press("Escape");
  },
  guardrails: async (tools) => {
    const { page, shoot } = tools;
    await go(page, "/guardrails");
    await heading(page, "Guardrails");
    await page.getByRole("button", { name: "Test" }).click();
    await page.getByText("blocked", { exact: true }).waitFor();
    await page.locator("mark").first().waitFor();
    await accessible(tools, "the guardrails");
    await shoot("guardrails");
    await page.getByLabel("Text").fill("What is the weather like?");
    await page.getByRole("button", { name: "Test" }).click();
    await page.getByText("Nothing was found.").waitFor();
  },
  cache: async (tools) => {
    const { page, shoot } = tools;
    await go(page, "/cache");
    await heading(page, "Cache");
    await page.getByText("hit", { exact: true }).waitFor();
    await accessible(tools, "the cache");
    await shoot("cache");
    await page.getByLabel("Which").selectOption("faq");
    await page.getByRole("button", { name: "Purge" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Purge" }).click();
    await page.getByText(/answers? (is|are) gone/).waitFor();
  },
  alerts: async (tools) => {
    const { page, shoot } = tools;
    await go(page, "/alerts");
    await heading(page, "Alerts");
    await page.getByText("Nothing is out of order").or(page.getByText(/since .* ago|since just now/).first()).first().waitFor();
    await accessible(tools, "alerts");
    const show = (name) => page.getByRole("group", { name: "What is shown" }).getByRole("button", { name }).click();
    await show("Channels");
    await page.getByRole("button", { name: "Create a channel" }).click();
    const channel = page.getByRole("dialog", { name: "New channel" });
    await channel.getByLabel("Name", { exact: true }).fill("nobody");
    await channel.getByLabel("Kind").selectOption("webhook");
    // Nobody listens at this port.
    await channel.getByLabel("Address").fill("http://127.0.0.1:9/hook");
    await accessible(tools, "the form of a channel");
    await channel.getByRole("button", { name: "Create" }).click();
    await channel.waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Test nobody" }).click();
    await page.getByRole("status").getByText(/^nobody:/).waitFor();
    await shoot("alert-channels");
    await show("Rules");
    await page.getByRole("button", { name: "Create a rule" }).click();
    const rule = page.getByRole("dialog", { name: "New rule" });
    await rule.getByLabel("Name", { exact: true }).fill("failures");
    await rule.getByLabel("nobody", { exact: true }).check();
    await accessible(tools, "the form of a rule");
    await rule.getByRole("button", { name: "Create" }).click();
    await rule.waitFor({ state: "detached" });
    await page.getByText("tells nobody").waitFor();
    await accessible(tools, "rules of alerts");
    await shoot("alert-rules");
    await show("Silences");
    await page.getByRole("button", { name: "Create a silence" }).click();
    const silence = page.getByRole("dialog", { name: "New silence" });
    await silence.getByLabel("Rule", { exact: true }).fill("failures");
    await silence.getByRole("button", { name: "Create" }).click();
    await page.getByText("holds").waitFor();
    await show("History");
    await accessible(tools, "the history of alerts");
    check(page.url().includes("tab=history"), "the address does not hold the list");
  },
  audit: async (tools) => {
    const { page, shoot } = tools;
    await go(page, "/audit");
    await heading(page, "Audit log");
    await page.getByRole("table", { name: "Audit log" }).getByText("route.publish").first().click();
    await page.getByRole("dialog").getByText("What changed").waitFor();
    await accessible(tools, "an entry");
    await shoot("audit");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Verify" }).click();
    await page.getByRole("button", { name: "Verify all entries" }).click();
    await page.getByText("The chain is whole").waitFor();
    await accessible(tools, "the check of the audit log");
    await page.keyboard.press("Escape");
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Export" }).click()]);
    check(download.suggestedFilename().endsWith(".jsonl"), "the export has another name");
  },
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
};
