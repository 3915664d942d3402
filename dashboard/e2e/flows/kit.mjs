// What flows share: going to a page by the navigation of the app itself, and plain assertions.

/** Throws unless it holds. */
export function check(holds, what) {
  if (!holds) throw new Error(what);
}

/** Goes to a place inside the app, without loading it anew. */
export async function go(page, path) {
  await page.evaluate((to) => {
    history.pushState(null, "", `/ui${to}`);
    dispatchEvent(new PopStateEvent("popstate"));
  }, path);
}

/** Signs in with a key, from wherever one is. */
export async function signInWithKey(page, key) {
  const field = page.getByLabel("Master key or admin token");
  const other = page.getByRole("button", { name: "Use a key instead" });
  await field.or(other).first().waitFor();
  if (await other.isVisible()) await other.click();
  await field.fill(key);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

/** Signs out, if somebody is signed in. */
export async function signOut(page) {
  const inside = page.getByRole("button", { name: "Your session" });
  const outside = page.getByRole("button", { name: "Sign in", exact: true });
  await inside.or(outside).first().waitFor();
  if (!(await inside.isVisible())) return;
  await inside.click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await outside.waitFor();
}

/** Waits for a page's heading. */
export const heading = (page, name) => page.getByRole("heading", { level: 1, name }).waitFor();

/** Throws with what axe found. */
export async function accessible(tools, where) {
  const found = await tools.audit();
  check(found.length === 0, `${where} is not accessible:\n  ${found.join("\n  ")}`);
}
