// Datasets: calls collected from the explorer, an item written, one brought along, one changed, one taken out; put to models; deleted.
import { accessible, check, go, heading } from "./kit.mjs";

/** What a page must show as text. */
const HOSTILE = "<img src=x onerror=alert(1)>";
const NAME = "desk questions";

/** A few calls of the explorer, into a dataset that is made with them. */
async function collected({ page, shoot, ...tools }) {
  await go(page, "/requests?model=chat-best&outcome=success");
  await heading(page, "Requests");
  await page.getByRole("table", { name: "Requests" }).getByText("chat-best").first().waitFor();
  await page.getByRole("button", { name: "Collect", exact: true }).click();
  const form = page.getByRole("dialog", { name: "Collect into a dataset" });
  const which = form.getByLabel("Dataset", { exact: true });
  await which.or(form.getByLabel("Name of the dataset")).first().waitFor();
  if (await which.isVisible()) await which.selectOption({ label: "A new one" });
  await form.getByLabel("Name of the dataset").fill(NAME);
  await form.getByLabel("Calls at most").fill("3");
  await accessible(tools, "the form that collects calls");
  await form.getByRole("button", { name: "Collect", exact: true }).click();
  await form.getByText(`3 calls added to ${NAME}.`).waitFor();
  await form.getByRole("button", { name: "Go on with earlier ones" }).click();
  await form.getByText(`6 calls added to ${NAME}.`).waitFor();
  await accessible(tools, "what was collected");
  await shoot("collect");
  await form.getByRole("link", { name: "Show the dataset" }).click();
}

/** Items written and brought along. */
async function filled({ page, ...tools }, drawer) {
  await drawer.getByRole("button", { name: "Add an item" }).click();
  const add = page.getByRole("dialog", { name: `Add to ${NAME}` });
  await add.getByLabel("Question").fill(`Who are you? ${HOSTILE}`);
  await add.getByLabel("What a good answer says").fill("A gateway.");
  await accessible(tools, "the form of an item");
  await add.getByRole("button", { name: "Add", exact: true }).click();
  await add.waitFor({ state: "detached" });
  await drawer.getByText("7", { exact: true }).first().waitFor();
  await drawer.getByRole("button", { name: "Import" }).click();
  const bring = page.getByRole("dialog", { name: `Import into ${NAME}` });
  await bring.getByLabel("Items").fill('{"request": {"messages": []}}\n{"requst": {}}');
  await bring.getByRole("button", { name: "Import", exact: true }).click();
  await bring.getByText("line 2 is no item").waitFor();
  await bring.getByLabel("Items").fill('{"request": {"messages": [{"role": "user", "content": "brought along"}]}}');
  await accessible(tools, "the form that brings items along");
  await bring.getByRole("button", { name: "Import", exact: true }).click();
  await bring.waitFor({ state: "detached" });
  await drawer.getByText("8", { exact: true }).first().waitFor();
}

/** One looked at and changed, one taken out. */
async function edited({ page, shoot, ...tools }, drawer) {
  const own = drawer.getByRole("group").filter({ hasText: "Who are you?" }).first();
  await own.locator("summary").first().click();
  await own.getByText(HOSTILE).first().waitFor();
  await own.getByLabel("What a good answer says").fill("A gateway for models.");
  await own.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved").first().waitFor();
  await accessible(tools, "a dataset");
  await shoot("dataset");
  const brought = drawer.getByRole("group").filter({ hasText: "brought along" }).first();
  await brought.locator("summary").first().click();
  await brought.getByRole("button", { name: "Take it out" }).click();
  await page.getByRole("dialog", { name: "Take this item out?" }).getByRole("button", { name: "Take it out" }).click();
  await drawer.getByText("7", { exact: true }).first().waitFor();
  const lines = await page.evaluate(async () => {
    const link = document.querySelector('[role="dialog"] a[download]');
    return (await (await fetch(link.href)).text()).trim().split("\n");
  });
  check(lines.length === 7 && lines.some((line) => JSON.parse(line).expected === "A gateway for models."), `the export has other items: ${lines.length}`);
}

/** Bodies that stand in files of another gateway: that they were left out is said. */
async function unread({ page, ...tools }) {
  await page.route(/\/collect$/, (route) => route.fulfill({ json: { added: 1, known: 0, unusable: 0, unread: 2, next_cursor: null } }));
  try {
    await go(page, "/requests?model=chat-best&outcome=success");
    await heading(page, "Requests");
    await page.getByRole("button", { name: "Collect", exact: true }).click();
    const form = page.getByRole("dialog", { name: "Collect into a dataset" });
    await form.getByLabel("Dataset", { exact: true }).selectOption({ index: 1 });
    await form.getByRole("button", { name: "Collect", exact: true }).click();
    await form.getByText("2 could not be read here and are not in the dataset", { exact: false }).waitFor();
    await accessible(tools, "what could not be collected");
    await page.keyboard.press("Escape");
  } finally {
    await page.unrouteAll();
  }
}

export const datasets = {
  datasets: async (tools) => {
    const { page, shoot } = tools;
    await collected(tools);
    const drawer = page.getByRole("dialog", { name: NAME, exact: true });
    await drawer.getByText("6", { exact: true }).first().waitFor();
    await filled(tools, drawer);
    await edited(tools, drawer);
    await drawer.getByRole("link", { name: "Put it to models" }).click();
    const form = page.getByRole("dialog", { name: "New evaluation" });
    await form.getByText(`${NAME}, 7 items`).waitFor({ state: "attached" });
    check((await form.getByLabel("Dataset").evaluate((field) => field.selectedOptions[0].text)) === `${NAME}, 7 items`, "the evaluation begins with another dataset");
    await page.keyboard.press("Escape");
    await go(page, "/datasets");
    await heading(page, "Datasets");
    await page.getByRole("button", { name: "New dataset" }).click();
    const made = page.getByRole("dialog", { name: "New dataset" });
    await made.getByLabel("Name").fill("for the team");
    await made.getByLabel("What it is for").fill("answers that people liked");
    await made.getByLabel("Who sees it").selectOption({ label: "owners and admins of Support (team)" });
    await accessible(tools, "the form of a dataset");
    await made.getByRole("button", { name: "Create" }).click();
    await page.getByRole("dialog", { name: "for the team" }).getByText("Nothing is in it yet").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("row", { name: /for the team.*Support/ }).waitFor();
    await accessible(tools, "the datasets");
    await shoot("datasets");
    await unread(tools);
    await go(page, "/datasets");
    await heading(page, "Datasets");
    for (const name of [NAME, "for the team"]) {
      await page.getByRole("button", { name, exact: true }).click();
      await page.getByRole("dialog", { name, exact: true }).getByRole("button", { name: "Delete" }).click();
      await page.getByRole("dialog", { name: `Delete ${name}?` }).getByRole("button", { name: "Delete the dataset" }).click();
      await page.getByRole("button", { name, exact: true }).waitFor({ state: "detached" });
    }
  },
};
