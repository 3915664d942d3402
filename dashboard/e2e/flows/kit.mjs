// What flows share: going to a page by the navigation of the app itself (a reload would sign out), and plain assertions.

/** Throws unless it holds. */
export function check(holds, what) {
  if (!holds) throw new Error(what);
}

/** Goes to a place inside the app; the session of a key lives in the page's memory. */
export async function go(page, path) {
  await page.evaluate((to) => {
    history.pushState(null, "", `/ui${to}`);
    dispatchEvent(new PopStateEvent("popstate"));
  }, path);
}

/** Waits for a page's heading. */
export const heading = (page, name) => page.getByRole("heading", { level: 1, name }).waitFor();

/** Throws with what axe found. */
export async function accessible(tools, where) {
  const found = await tools.audit();
  check(found.length === 0, `${where} is not accessible:\n  ${found.join("\n  ")}`);
}
