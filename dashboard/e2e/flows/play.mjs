// The playground and the guide; at the end a role that may little.
import { accessible, check, go, heading, signInWithKey, signOut } from "./kit.mjs";
import { client } from "../seed/index.mjs";

export const play = {
  playground: async (tools) => {
    const { page, shoot, base, masterKey } = tools;
    await go(page, "/playground");
    await heading(page, "Playground");
    await page.getByLabel("Left").selectOption("chat-fast");
    await page.getByLabel("Right").selectOption("chat-best");
    await page.getByLabel("Your message").fill("Compare these two, please. <b>not bold</b>");
    await page.keyboard.press("Enter");
    await page.getByText("You said: Compare these two, please. <b>not bold</b>").nth(1).waitFor();
    await page.getByRole("link", { name: "its record" }).nth(1).waitFor();
    await page.getByText(/^\$0\.0/).nth(1).waitFor();
    await accessible(tools, "the playground");
    await shoot("playground");
    const call = client(base, masterKey);
    const held = (await call("GET", "/api/v1/keys")).value.data.filter((key) => key.name.startsWith("playground"));
    check(held.length === 1 && held[0].budgets[0].limit_usd === "1" && held[0].expires_at, "the playground's key is not bounded");
    await go(page, "/start");
    await heading(page, "First request");
    const deadline = Date.now() + 60_000;
    for (;;) {
      const left = (await call("GET", "/api/v1/keys")).value.data.filter((key) => key.name.startsWith("playground"));
      if (left.length === 0) break;
      check(Date.now() < deadline, "the playground's key is not deleted");
      await page.waitForTimeout(200);
    }
  },
  guide: async (tools) => {
    const { page, shoot } = tools;
    await go(page, "/start");
    await heading(page, "First request");
    await page.getByRole("tab", { name: "OpenAI, Python" }).click();
    await page.getByText("from openai import OpenAI").waitFor();
    check(page.url().includes("client=openai-python"), "the address does not hold the client");
    await page.getByText("Look into it").waitFor();
    await accessible(tools, "the guide");
    await shoot("start");
  },
  "a viewer sees less": async ({ page, base, masterKey, shoot }) => {
    const made = await client(base, masterKey)("POST", "/api/v1/admin-tokens", { name: "viewer", role: "viewer" });
    await page.goto(`${base}/ui/keys`);
    await signOut(page);
    await signInWithKey(page, made.value.token);
    await heading(page, "Keys");
    await page.getByRole("button", { name: "helpdesk-prod", exact: true }).waitFor();
    check((await page.getByRole("button", { name: "Create a key" }).count()) === 0, "a viewer is offered to create a key");
    check((await page.getByRole("link", { name: "Requests" }).count()) === 0, "a viewer is offered the requests");
    await go(page, "/requests");
    await page.getByText("Your role does not show this").waitFor();
    await shoot("viewer");
  },
};
