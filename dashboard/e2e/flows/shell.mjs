// Signing in, and the frame: theme, palette, phone.
import { createHmac } from "node:crypto";
import { accessible, check, go, heading, signInWithKey, signOut } from "./kit.mjs";

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** The code that an authenticator app shows for a secret now (RFC 6238). */
function totp(secret) {
  const bits = [...secret.trim()].map((one) => BASE32.indexOf(one).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
  const count = Buffer.alloc(8);
  count.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const mac = createHmac("sha1", key).update(count).digest();
  return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

export const shell = {
  "sign-in": async ({ page, base, masterKey, shoot, audit }) => {
    const begun = Date.now();
    await page.goto(`${base}/ui/requests?outcome=success`);
    const enter = page.getByRole("button", { name: "Sign in", exact: true });
    await enter.waitFor();
    console.log(`     interactive after ${Date.now() - begun} ms`);
    await accessible({ audit }, "the sign-in");
    await shoot("sign-in");
    await signInWithKey(page, "gw-nobody");
    await page.getByText("does not know this key").waitFor();
    await signInWithKey(page, masterKey);
    // The page that the address named comes after the way in.
    await heading(page, "Requests");
    check(page.url().includes("outcome=success"), "the address is lost at the sign-in");
    // The session is the cookie's: it outlives the page, and no script sees it or the key.
    await page.reload();
    await heading(page, "Requests");
    const seen = await page.evaluate(() => JSON.stringify([document.cookie, { ...localStorage }, { ...sessionStorage }]));
    check(!seen.includes(masterKey) && !seen.includes("gatewright_session"), `the page can read ${seen}`);
  },
  "a person with a password": async (tools) => {
    const { page, base, masterKey, shoot } = tools;
    await go(page, "/users?name=ada");
    await page.getByRole("button", { name: "Ada Byron", exact: true }).click();
    await page.getByRole("button", { name: "Password link" }).click();
    await page.getByRole("button", { name: "Make a link" }).click();
    const link = await page.getByLabel("the link", { exact: true }).innerText();
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
    await signOut(page);
    await page.goto(`${base}${new URL(link).pathname}${new URL(link).hash}`);
    await page.getByLabel("New password").fill("a long enough passphrase");
    await page.getByLabel("The same again").fill("another one altogether");
    check(!page.url().includes("token"), "the token stays in the address");
    await page.getByRole("button", { name: "Set the password" }).click();
    await page.getByText("are not the same").waitFor();
    await page.getByLabel("The same again").fill("a long enough passphrase");
    await accessible(tools, "the page of a password link");
    await shoot("set-password");
    await page.getByRole("button", { name: "Set the password" }).click();
    await page.getByText("Sign in as ada@acme.example").waitFor();
    await page.getByRole("link", { name: "To the sign-in" }).click();
    await page.getByLabel("E-mail").fill("ada@acme.example");
    await page.getByLabel("Password", { exact: true }).fill("wrong");
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.getByText("do not fit together").waitFor();
    await page.getByLabel("Password", { exact: true }).fill("a long enough passphrase");
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.getByRole("button", { name: "Your session: Ada Byron" }).waitFor();
    // The cookie outlives the page.
    await page.reload();
    await page.getByRole("button", { name: "Your session: Ada Byron" }).waitFor();
    await go(page, "/settings");
    await page.getByText("this one").waitFor();
    await page.getByRole("button", { name: "Set up a second factor" }).click();
    await page.getByRole("button", { name: "Begin" }).click();
    await page.getByLabel("the secret", { exact: true }).waitFor();
    await page.getByLabel("Code", { exact: true }).fill("000000");
    await page.getByRole("button", { name: "Turn it on" }).click();
    await page.getByRole("alert").waitFor();
    await page.getByRole("img", { name: "QR code of the secret" }).waitFor();
    await accessible(tools, "a second factor");
    await shoot("second-factor");
    await page.getByLabel("Code", { exact: true }).fill(totp(await page.getByLabel("the secret", { exact: true }).innerText()));
    await page.getByRole("button", { name: "Turn it on" }).click();
    const [spare = ""] = (await page.getByLabel("recovery codes", { exact: true }).innerText()).split("\n");
    await page.getByRole("button", { name: "I have kept them" }).click();
    await page.getByText("10 recovery codes are left").waitFor();
    await page.getByRole("button", { name: "Turn the second factor off" }).click();
    await page.getByLabel("Code, or a recovery code").fill(spare);
    await page.getByRole("button", { name: "Turn it off" }).click();
    await page.getByRole("button", { name: "Set up a second factor" }).waitFor();
    await accessible(tools, "one's own sign-in");
    await shoot("own-sign-in");
    // An admin of one organization sees that one.
    await go(page, "/organizations");
    await page.getByRole("button", { name: "Acme Robotics", exact: true }).waitFor();
    check((await page.getByText("Globex").count()) === 0, "another tenant is shown");
    await signOut(page);
    await signInWithKey(page, masterKey);
    await heading(page, "Organizations");
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
    const pages = ["/", "/requests", "/analytics?by=team", "/chargeback", "/invoice", "/exports", "/start", "/playground", "/datasets", "/evaluations", "/models", "/prices", "/prices?tab=calls", "/providers", "/routes", "/keys", "/budgets", "/teams", "/users", "/service-accounts", "/guardrails", "/cache", "/alerts", "/audit", "/settings", "/settings?tab=gateway"];
    for (const path of pages) {
      await go(page, path);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await page.getByRole("status", { name: "Loading" }).first().waitFor({ state: "detached" });
      const width = await page.evaluate(() => Math.max(document.documentElement.scrollWidth, document.getElementById("main").scrollWidth));
      check(width <= 390, `${path} is ${width} px wide on a phone`);
    }
    await page.setViewportSize({ width: 1440, height: 900 });
  },
};
