// The overview, the request explorer, and that what callers wrote stays text.
import { accessible, check, go, heading } from "./kit.mjs";

export const observe = {
  overview: async (tools) => {
    const { page, shoot } = tools;
    await go(page, "/");
    await heading(page, "Overview");
    await page.getByText("Latest requests").waitFor();
    await page.getByRole("link", { name: "demo", exact: true }).first().waitFor();
    await page.locator("canvas").first().waitFor();
    await page.getByLabel("Spend by", { exact: true }).selectOption("team");
    await page.getByRole("link", { name: "Support" }).first().waitFor();
    check(page.url().includes("by=team"), "the address does not hold the dimension");
    await accessible(tools, "the overview");
    await shoot("overview");
  },
  explorer: async (tools) => {
    const { page, shoot } = tools;
    await go(page, "/requests");
    await heading(page, "Requests");
    const table = page.getByRole("table", { name: "Requests" });
    await table.getByRole("row").nth(5).waitFor();
    await accessible(tools, "the explorer");
    await shoot("requests");
    await page.getByLabel("Outcome").selectOption("upstream_error");
    await table.getByText("always-down").first().waitFor();
    await table.getByRole("row").nth(1).click();
    const drawer = page.getByRole("dialog");
    await drawer.getByRole("heading", { name: "Timeline" }).waitFor();
    await drawer.getByText("demo/fault-500").first().waitFor();
    await accessible(tools, "a request");
    await shoot("request");
    check(/open=/.test(page.url()), "the address does not hold the request");
    await page.keyboard.press("Escape");
    await go(page, "/requests?outcome=refused");
    await table.getByText("guardrail blocked").first().click();
    await drawer.getByRole("heading", { name: "Guardrails" }).waitFor();
    await drawer.getByText("instruction_override").first().waitFor();
    await page.keyboard.press("Escape");
  },
  "hostile names": async ({ page }) => {
    let spoke = false;
    page.once("dialog", (dialog) => {
      spoke = true;
      void dialog.dismiss();
    });
    await go(page, `/requests?model=${encodeURIComponent("<img src=x onerror=alert(1)>")}`);
    await page.getByRole("table", { name: "Requests" }).getByText("<img src=x onerror=alert(1)>").first().click();
    await page.getByRole("dialog").getByRole("heading", { name: "Timeline" }).waitFor();
    check(!spoke && (await page.locator("#root img, [role=dialog] img").count()) === 0, "what a caller wrote was taken for HTML");
    await page.keyboard.press("Escape");
  },
};
