// Signing in, and the frame: theme, palette, phone.
import { accessible, check, go, heading } from "./kit.mjs";

export const shell = {
  "sign-in": async ({ page, base, masterKey, shoot, audit }) => {
    const begun = Date.now();
    await page.goto(`${base}/ui/requests?outcome=success`);
    const key = page.getByLabel("Master key or admin token");
    await key.waitFor();
    console.log(`     interactive after ${Date.now() - begun} ms`);
    await accessible({ audit }, "the sign-in");
    await shoot("sign-in");
    await key.fill("gw-nobody");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("does not know this key").or(page.getByText("not valid")).or(page.getByText("credentials")).first().waitFor();
    await key.fill(masterKey);
    await page.getByRole("button", { name: "Sign in" }).click();
    // The page that the address named comes after the way in.
    await heading(page, "Requests");
    check(page.url().includes("outcome=success"), "the address is lost at the sign-in");
  },
  palette: async ({ page, shoot, audit }) => {
    await go(page, "/");
    await heading(page, "Overview");
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox").fill("helpdesk-prod");
    await page.getByRole("option", { name: /helpdesk-prod/ }).first().waitFor();
    await accessible({ audit }, "the palette");
    await shoot("palette");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog", { name: "helpdesk-prod" }).waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox").fill("audit");
    await page.keyboard.press("Enter");
    await heading(page, "Audit log");
  },
  phone: async ({ page }) => {
    await page.setViewportSize({ width: 390, height: 844 });
    await go(page, "/");
    await page.getByRole("button", { name: "Open navigation" }).click();
    await page.getByRole("link", { name: "Budgets" }).click();
    await heading(page, "Budgets");
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    check(width <= 390, `the page is ${width} px wide on a phone`);
    await page.setViewportSize({ width: 1440, height: 900 });
  },
};
