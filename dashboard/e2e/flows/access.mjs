// Tenants, keys and budgets: made, used, found again.
import { accessible, check, go, heading } from "./kit.mjs";

export const access = {
  "team, key, budget, call": async (tools) => {
    const { page, base, shoot } = tools;
    await go(page, "/teams");
    await heading(page, "Teams");
    await page.getByRole("button", { name: "Create a team" }).click();
    const form = page.getByRole("dialog", { name: "New team" });
    await form.getByLabel("Name").fill("Field service");
    await form.getByLabel("Organization").selectOption({ label: "Acme Robotics" });
    await form.getByRole("button", { name: "Add a budget" }).click();
    await form.getByLabel("Budget 1 in dollars").fill("5");
    await accessible(tools, "the form of a team");
    await form.getByRole("button", { name: "Create" }).click();
    await page.getByRole("dialog", { name: "Field service" }).waitFor();
    await accessible(tools, "a team");
    await shoot("team");
    await page.keyboard.press("Escape");

    await go(page, "/keys?create=1");
    const make = page.getByRole("dialog", { name: "Create a key" });
    await make.getByLabel("Name", { exact: true }).fill("field-app");
    await make.getByLabel("Team").selectOption({ label: "Field service" });
    await make.getByRole("button", { name: "Add a budget" }).click();
    await make.getByLabel("Budget 1 in dollars").fill("not money");
    await make.getByRole("button", { name: "Create the key" }).click();
    await make.getByText("not a decimal number").waitFor();
    await make.getByLabel("Budget 1 in dollars").fill("2.50");
    await accessible(tools, "the form of a key");
    await shoot("key-form");
    await make.getByRole("button", { name: "Create the key" }).click();
    const shown = page.getByRole("dialog", { name: "The key field-app" });
    const secret = await shown.getByLabel("the key", { exact: true }).innerText();
    check(secret.startsWith("gw-"), "the key is not shown");
    await shown.getByRole("tab", { name: "Claude Code" }).click();
    await shown.getByText("ANTHROPIC_BASE_URL").waitFor();
    await accessible(tools, "a new key");
    await shoot("key-shown-once");
    await shown.getByRole("button", { name: "I have copied it" }).click();

    const answer = await fetch(`${base}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
      body: JSON.stringify({ model: "chat-fast", messages: [{ role: "user", content: "hello from the field" }] }),
    });
    check(answer.ok, `the key does not work: ${answer.status}`);
    await answer.text();
    await page.getByRole("button", { name: "field-app", exact: true }).click();
    const drawer = page.getByRole("dialog", { name: "field-app" });
    await drawer.getByText("of $2.50").waitFor();
    await drawer.getByText("says").first().waitFor();
    await accessible(tools, "a key");
    await shoot("key");
    await drawer.getByRole("link", { name: "Its requests" }).click();
    await heading(page, "Requests");
    await page.getByRole("button", { name: "Go live" }).click();
    await page.getByRole("table", { name: "Requests" }).getByText("chat-fast").first().click();
    await page.getByRole("dialog").getByText("Field service").first().waitFor();
    await page.keyboard.press("Escape");
  },
  "rotate, disable, delete a key": async (tools) => {
    const { page, shoot } = tools;
    await go(page, "/keys");
    await heading(page, "Keys");
    await page.getByRole("button", { name: "evals-ci", exact: true }).waitFor();
    await accessible(tools, "the keys");
    await shoot("keys");
    const act = async (name) => {
      await page.getByRole("button", { name: "Actions for field-app" }).click();
      await page.getByRole("menuitem", { name }).click();
    };
    await act("Rotate");
    await page.getByRole("dialog", { name: "Rotate field-app?" }).getByRole("button", { name: "Rotate" }).click();
    await page.getByRole("dialog", { name: "The key field-app" }).getByRole("button", { name: "I have copied it" }).click();
    await act("Disable");
    await page.getByRole("row", { name: /field-app/ }).getByText("disabled").waitFor();
    await act("Delete");
    await page.getByRole("button", { name: "Delete the key" }).click();
    await page.getByRole("button", { name: "field-app", exact: true }).waitFor({ state: "detached" });
  },
  "every kind of account": async (tools) => {
    const { page, shoot } = tools;
    for (const [path, title, name] of [
      ["organizations", "Organizations", "Acme Robotics"],
      ["projects", "Projects", "helpdesk-bot"],
      ["users", "Users", "Ada Byron"],
      ["customers", "Customers", "Hooli"],
      ["plans", "Plans", "standard"],
      ["tags", "Tags", "vip"],
    ]) {
      await go(page, `/${path}`);
      await heading(page, title);
      await page.getByRole("button", { name, exact: true }).click();
      await page.getByRole("dialog", { name }).waitFor();
      await accessible(tools, path);
      await page.keyboard.press("Escape");
    }
    await shoot("accounts");
    // How long an organization's records are kept.
    await go(page, "/organizations");
    await page.getByRole("button", { name: "Globex", exact: true }).click();
    const globex = page.getByRole("dialog", { name: "Globex", exact: true });
    await globex.getByRole("button", { name: "Change", exact: true }).click();
    const change = page.getByRole("dialog", { name: "Change Globex" });
    await change.getByLabel("Days that messages are kept").fill("7");
    await accessible(tools, "the form of an organization");
    await change.getByRole("button", { name: "Save" }).click();
    await globex.getByText("7 days").waitFor();
    await page.keyboard.press("Escape");
    await go(page, "/budgets");
    await heading(page, "Budgets");
    await page.getByText("Support").first().waitFor();
    await accessible(tools, "the budgets");
    await shoot("budgets");
    await page.getByRole("button", { name: "Burn-down of helpdesk-prod" }).click();
    await page.getByRole("dialog").locator("canvas").waitFor();
    await accessible(tools, "the burn-down of a budget");
    await shoot("burn-down");
    await page.keyboard.press("Escape");
  },
};
