// Models, providers, cache, alerts, audit log.
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
    await page.getByText("Models and what is left").first().waitFor();
    await page.getByText("down: breaker open").or(page.getByText("being tried again")).first().waitFor();
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
    await add.getByLabel("Name", { exact: true }).fill("demo");
    await add.getByText("there is a provider of this name").waitFor();
    await add.getByLabel("Kind").selectOption("openai-compatible");
    await add.getByLabel("Name", { exact: true }).fill("west");
    await add.getByLabel("Address").fill("http://169.254.169.254/v1");
    await add.getByLabel("API key").fill("sk-not-a-real-key-5678");
    await add.getByRole("button", { name: "Test" }).click();
    await add.getByText("link-local or metadata address").first().waitFor();
    // The emulator of this very gateway speaks OpenAI's format, too.
    const listed = await page.evaluate(async () => (await (await fetch("/api/v1/providers")).json()).data);
    await add.getByLabel("Address").fill(`${listed.find((one) => one.name === "demo").base_url}/v1`);
    await add.getByText("Further settings", { exact: true }).click();
    await add.getByLabel("Further settings as JSON").fill('{ "capacity": { "rpm": 100, "max_parallel": 4 }, "limits": { "rpm": 60 }, "models": { "gpt-4o-mini": { "input_usd_per_million_tokens": 0.15, "output_usd_per_million_tokens": 0.6 } } }');
    await add.getByRole("button", { name: "Test" }).click();
    await add.getByText("It answers").waitFor();
    await accessible(tools, "adding a provider");
    await shoot("provider-add");
    await add.getByRole("button", { name: "Add", exact: true }).click();
    const card = page.getByRole("listitem").filter({ has: page.getByRole("heading", { name: "west", exact: true }) });
    await card.getByText("our limit: requests a minute").waitFor();
    check(!(await page.content()).includes("sk-not-a-real-key-5678"), "a provider's key is shown");
    await card.getByLabel("Model of west").fill("west/gpt-4o-mini");
    await card.getByRole("button", { name: "Test call" }).click();
    await card.getByText("You said: Say hello.").waitFor();
    await card.getByText("of 4", { exact: false }).first().waitFor();
    await card.getByRole("button", { name: "Check address and key of west" }).click();
    await card.getByText("It answers").waitFor();
    await accessible(tools, "a provider of the API");
    await shoot("provider-headroom");
    await card.getByRole("button", { name: "Actions for west" }).click();
    await page.getByRole("menuitem", { name: "Change" }).click();
    const edit = page.getByRole("dialog", { name: "Change west" });
    await edit.getByLabel("Address").fill("http://127.0.0.1:9/v1");
    await edit.getByRole("button", { name: "Save" }).click();
    await edit.getByText("give 'api_key' again").waitFor();
    await page.keyboard.press("Escape");
    await card.getByRole("button", { name: "Actions for west" }).click();
    await page.getByRole("menuitem", { name: "Remove" }).click();
    await page.getByRole("dialog", { name: "Remove west?" }).getByRole("button", { name: "Remove" }).click();
    await card.waitFor({ state: "detached" });
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
    await page.getByRole("button", { name: "Actions for failures" }).click();
    await page.getByRole("menuitem", { name: "Change" }).click();
    const changed = page.getByRole("dialog", { name: "Change failures" });
    await changed.getByLabel("Above percent").fill("12");
    await changed.getByRole("button", { name: "Save" }).click();
    await changed.waitFor({ state: "detached" });
    await page.getByText("above 12 %").waitFor();
    await show("Channels");
    await page.getByRole("button", { name: "Actions for nobody" }).click();
    await page.getByRole("menuitem", { name: "Change" }).click();
    const kept = page.getByRole("dialog", { name: "Change nobody" });
    await kept.getByLabel("Hears of rules that name no channel").uncheck();
    await kept.getByRole("button", { name: "Save" }).click();
    await kept.waitFor({ state: "detached" });
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
};
