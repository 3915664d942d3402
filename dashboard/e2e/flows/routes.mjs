// A dynamic route: edited as a graph, simulated, published, rolled back.
import { accessible, check, go, heading } from "./kit.mjs";

export const routes = {
  "edit, simulate, publish, roll back": async (tools) => {
    const { page, shoot } = tools;
    await go(page, "/routes");
    await heading(page, "Dynamic routes");
    await accessible(tools, "the routes");
    await shoot("routes");
    await page.getByRole("link", { name: /checkout-assistant/ }).click();
    await heading(page, "checkout-assistant");
    await page.locator(".react-flow__node").nth(4).waitFor();
    await page.locator('.react-flow__node[data-id="best"]').click();
    await page.getByRole("textbox", { name: "Name" }).waitFor();
    await accessible(tools, "the editor");
    await shoot("route-editor");
    await page.getByRole("button", { name: "end", exact: true }).click();
    await page.getByLabel("Message").fill("nobody is left");
    await page.locator('.react-flow__node[data-id="usual"]').click();
    await page.getByLabel("On failure leads to").selectOption("end_1");
    await page.getByRole("button", { name: "Save draft" }).click();
    await page.getByText("draft 2", { exact: true }).waitFor();
    await page.getByRole("tab", { name: "Simulate" }).click();
    await page.getByLabel("Tags").fill("vip");
    await page.getByRole("button", { name: "Simulate" }).click();
    await page.getByText("the condition holds").waitFor();
    await accessible(tools, "a simulation");
    await shoot("route-simulation");
    await page.getByRole("button", { name: "Publish" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Publish" }).click();
    await page.getByText("version 2 in force").waitFor();
    await page.getByRole("tab", { name: "Versions" }).click();
    await page.getByText("places differ from the version in force").click();
    await page.getByText("nodes.usual.next").waitFor();
    await page.getByRole("button", { name: "Roll back to it" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Roll back" }).click();
    await page.getByText("version 1 in force").waitFor();
    await accessible(tools, "the versions");
    await shoot("route-versions");
  },
  "faults of a route have their place": async ({ page }) => {
    await go(page, "/routes");
    await page.getByRole("link", { name: /checkout-assistant/ }).click();
    await page.locator('.react-flow__node[data-id="best"]').click();
    await page.getByLabel("Model", { exact: true }).fill("no-such-model");
    await page.getByRole("button", { name: "Save draft" }).click();
    await page.getByText("/nodes/best/model").waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    check((await page.getByLabel("Model", { exact: true }).inputValue()) === "chat-best", "undo does not undo");
  },
};
