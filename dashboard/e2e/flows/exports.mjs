// Exports: asked for with the explorer's filters, downloaded and read, one that goes nowhere, and ends that only a broken gateway brings about.
import { client } from "../seed/index.mjs";
import { accessible, check, go, heading } from "./kit.mjs";

const PATH = "/api/v1/exports";
const HOSTILE = "<img src=x onerror=alert(1)>";

async function asked({ page, shoot, ...tools }) {
  await go(page, "/requests?model=chat-best&outcome=success");
  await heading(page, "Requests");
  await page.getByRole("button", { name: "Export", exact: true }).click();
  const form = page.getByRole("dialog", { name: "Export records" });
  await form.getByText("chat-best").waitFor();
  check(page.url().includes("model=chat-best"), "the address has no filters");
  await form.getByLabel("Where to").selectOption({ label: "Object storage" });
  await form.getByRole("button", { name: "Export", exact: true }).click();
  await form.getByText("there is no object storage").waitFor();
  await form.getByLabel("Where to").selectOption({ label: "Here, to be downloaded" });
  await form.getByRole("button", { name: "JSON Lines" }).click();
  await accessible(tools, "the form of an export");
  await shoot("export-form");
  await form.getByRole("button", { name: "Export", exact: true }).click();
  await form.waitFor({ state: "detached" });
}

export const exported = {
  exports: async (tools) => {
    const { page, base, masterKey, shoot } = tools;
    await asked(tools);
    const row = page.getByRole("row", { name: /model chat-best, outcome success/ }).first();
    await row.getByText("done", { exact: true }).waitFor();
    const lines = await row.getByRole("link", { name: "Download" }).evaluate(async (link) => (await (await fetch(link.href)).text()).trim().split("\n"));
    check(lines.length > 5 && lines.every((line) => JSON.parse(line).model === "chat-best"), `the file has other records: ${lines[0]}`);
    // One that failed, one that runs and is cancelled.
    const [one] = (await client(base, masterKey)("GET", PATH)).value.data;
    const failed = { ...one, id: "exp_failed", state: "failed", name: "billing/date=2026-11-21/records.jsonl", to: "s3", schedule: "billing", tries: 6, error: `the bucket is gone ${HOSTILE}`, records: 0, bytes: 0 };
    let state = "running";
    await page.route((url) => url.pathname === PATH, async (route) => route.fulfill({ json: { data: [{ ...one, id: "exp_running", name: "slow.jsonl", state }, failed, one], next_cursor: null } }));
    await page.route(`**${PATH}/exp_running/cancel`, async (route) => {
      state = "cancelled";
      await route.fulfill({ json: { ...one, state } });
    });
    await page.reload();
    await page.getByText(`after 6 tries: the bucket is gone ${HOSTILE}`).waitFor();
    await accessible(tools, "the exports");
    await shoot("exports");
    await page.getByRole("row", { name: /slow/ }).getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("dialog", { name: "Cancel slow.jsonl?" }).getByRole("button", { name: "Cancel the export" }).click();
    await page.getByRole("row", { name: /slow/ }).getByText("cancelled").waitFor();
    await page.unrouteAll({ behavior: "ignoreErrors" });
  },
};
