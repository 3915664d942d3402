// Aliases of the API: added, called, changed, kept where another one needs them, and removed; those of the file are only shown.
import { accessible, check, go, heading } from "./kit.mjs";

const cardOf = (page, name) => page.getByRole("listitem").filter({ has: page.getByRole("heading", { name, exact: true }) });

async function menu(page, name, item) {
  await page.getByRole("button", { name: `Actions for ${name}` }).click();
  await page.getByRole("menuitem", { name: item }).click();
}

async function added(tools) {
  const { page, shoot } = tools;
  await page.getByRole("button", { name: "Add an alias" }).click();
  const form = page.getByRole("dialog", { name: "Add an alias" });
  await form.getByLabel("Name", { exact: true }).fill("chat-best");
  await form.getByText("there is a model of this name").waitFor();
  await form.getByLabel("Name", { exact: true }).fill("support-bot");
  await form.getByLabel("Strategy").selectOption("weighted");
  await form.getByLabel("Provider of target 1").selectOption("demo");
  await form.getByLabel("Model of target 1").fill("gpt-4o-mini");
  await form.getByLabel("Weight of target 1").fill("3");
  await form.getByRole("button", { name: "Add a target" }).click();
  await form.getByLabel("Model of target 2").fill("gpt-4o");
  await form.getByText("Further settings", { exact: true }).click();
  const more = form.getByLabel("Further settings as JSON");
  await more.fill('{ "retry": ');
  await form.getByRole("button", { name: "Add", exact: true }).click();
  await form.getByText("This is no JSON").waitFor();
  await more.fill('{ "retri": { "attempts": 2 } }');
  await form.getByRole("button", { name: "Add", exact: true }).click();
  await form.getByText("did you mean 'retry'").waitFor();
  await more.fill('{ "retry": { "attempts": 2 }, "cache": { "mode": "off" } }');
  await accessible(tools, "adding an alias");
  await shoot("alias-add");
  await form.getByRole("button", { name: "Add", exact: true }).click();
  await form.waitFor({ state: "detached" });
  const card = cardOf(page, "support-bot");
  await card.getByText("75 %").waitFor();
  await card.getByText("25 %").waitFor();
  await card.getByRole("button", { name: "Test call to support-bot" }).click();
  await card.getByText("You said: Say hello.").waitFor();
}

async function changed(tools) {
  const { page } = tools;
  await menu(page, "support-bot", "Change");
  const form = page.getByRole("dialog", { name: "Change support-bot" });
  check((await form.getByLabel("Weight of target 1").inputValue()) === "3", "the form does not have what is there");
  await form.getByLabel("Strategy").selectOption("fallback");
  await form.getByRole("button", { name: "Move target 2 up" }).click();
  await form.getByRole("button", { name: "Save" }).click();
  await form.waitFor({ state: "detached" });
  const targets = page.getByRole("list", { name: "Targets of support-bot" }).getByRole("listitem");
  await targets.first().getByText("demo/gpt-4o", { exact: true }).waitFor();
  check((await targets.count()) === 2, "a target is missing");
}

/** One that leads to another keeps it. */
async function kept(tools) {
  const { page } = tools;
  await page.getByRole("button", { name: "Add an alias" }).click();
  const form = page.getByRole("dialog", { name: "Add an alias" });
  await form.getByLabel("Name", { exact: true }).fill("front-desk");
  await form.getByLabel("Provider of target 1").selectOption({ label: "another alias" });
  await form.getByLabel("Model of target 1").fill("support-bot");
  await form.getByRole("button", { name: "Add", exact: true }).click();
  await form.waitFor({ state: "detached" });
  await menu(page, "support-bot", "Remove");
  const question = page.getByRole("dialog", { name: "Remove support-bot?" });
  await question.getByRole("button", { name: "Remove" }).click();
  await question.getByText("would not work any more").waitFor();
  await page.keyboard.press("Escape");
}

export const aliases = {
  aliases: async (tools) => {
    const { page, shoot } = tools;
    await go(page, "/aliases");
    await heading(page, "Aliases");
    await cardOf(page, "chat-best").getByText("file", { exact: true }).waitFor();
    check((await page.getByRole("button", { name: "Actions for chat-best" }).count()) === 0, "an alias of the file can be changed");
    await added(tools);
    await changed(tools);
    await kept(tools);
    await accessible(tools, "the aliases");
    await shoot("aliases");
    for (const name of ["front-desk", "support-bot"]) {
      await menu(page, name, "Remove");
      await page.getByRole("dialog", { name: `Remove ${name}?` }).getByRole("button", { name: "Remove" }).click();
      await cardOf(page, name).waitFor({ state: "detached" });
    }
    await cardOf(page, "chat-best").getByRole("link", { name: "Prices of chat-best" }).click();
    await page.getByRole("dialog", { name: "chat-best" }).getByRole("link", { name: "who answers" }).click();
    await heading(page, "Aliases");
  },
};
