// What the Node scripts share: where the gateway is, the cases' data (shared/cases.json), and a small runner that
// prints a line per case and upstream. It must not know any client.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

const shared = (name) => JSON.parse(readFileSync(new URL(`../shared/${name}`, import.meta.url), "utf8"));
const list = (name) => (process.env[name] ?? "").split(",").filter(Boolean);

export const gateway = process.env.GATEWAY_URL ?? "http://127.0.0.1:4000";
export const mainKey = process.env.GATEWAY_KEY ?? "";
// A real model: only plain text and plain streams make sense, and nobody knows what it says.
export const realModel = process.env.MODEL ?? "";
export const data = shared("cases.json");
const emulator = process.env.EMULATOR_URL ?? "";
const all = realModel ? ["real"] : Object.keys(shared("backends.json").providers);
const backends = list("BACKENDS").length ? list("BACKENDS") : all;
const wanted = list("CASES");
const cases = [];

/** Registers a case FEATURE.NAME that takes the backend. `only`: backends it makes sense for. */
export function test(name, work, { only } = {}) {
  cases.push({ name, work, only });
}

export const model = (backend, alias = "on") => realModel || `${alias}-${backend}`;

/** What the emulator answers to a text. */
export const said = (text) => data.text.answer_prefix + text;

export const longText = () => Array.from({ length: data.text.long_words }, (_, n) => `word${n}`).join(" ");

export const imageUrl = () => `data:${data.image.media_type};base64,${data.image.base64}`;

/** A virtual key by the name in shared/backends.json; `wrong` is none. */
export function key(name) {
  if (!name || name === "main") return mainKey;
  return process.env[`GATEWAY_KEY_${name.toUpperCase()}`] ?? "gw-" + "wrong".repeat(8);
}

/** Registers the cases of errors. `call(model, key)` makes the simplest call; `check(error, expected)` looks at what it
 * threw, given the case's data; `suffix` tells several such calls of one script apart. */
export function errorCases(call, check, suffix = "") {
  for (const expected of data.errors) {
    test(`errors.${expected.name}${suffix}`, async (backend) => {
      const name = expected.model.replace("BACKEND", backend);
      const error = await thrown(async () => {
        if (expected.again) await call(name, key(expected.key));
        return call(name, key(expected.key));
      });
      try {
        await check(error, expected);
      } catch (why) {
        throw new Error(`${why.message}\n${error?.constructor?.name}: ${error?.stack ?? error}`);
      }
    });
  }
}

/** What a call throws; it must throw. */
export async function thrown(call) {
  let answer;
  try {
    answer = await call();
  } catch (error) {
    return error;
  }
  return assert.fail(`nothing was thrown: ${JSON.stringify(answer)?.slice(0, 500)}`);
}

async function control(method, path, body) {
  const answer = await fetch(emulator + path, { method, body: body && JSON.stringify(body) });
  return answer.json();
}

/** The next call of the alias `flaky` fails, then all succeed. */
export const failNext = (status = 429) =>
  control("POST", "/emulator/faults", { model: "flaky-model", fault: `status=${status};retry-after=0`, times: 1 });

/** The last request that reached an upstream: method, path, headers, body. */
export const lastRequest = async () => (await control("GET", "/emulator/requests?last=1")).requests.at(-1);

/** Waits until no upstream stream is open: a caller's leaving must reach the provider. */
export async function streamsAreClosed() {
  const deadline = Date.now() + 3000;
  while ((await control("GET", "/emulator/stats")).open_streams !== 0) {
    assert.ok(Date.now() < deadline, "the upstream stream is still open");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Runs the cases, each against every backend; the exit code says whether all passed. */
export async function run() {
  let passed = 0;
  let failed = 0;
  for (const { name, work, only } of cases) {
    if (wanted.length && !wanted.some((word) => name.includes(word))) continue;
    if (realModel && !/^(text|stream)\.plain/.test(name)) continue;
    for (const backend of backends) {
      if (only && !only.includes(backend) && backend !== "real") continue;
      try {
        await work(backend);
        passed += 1;
        console.log(`ok    ${name} [${backend}]`);
      } catch (error) {
        failed += 1;
        console.log(`FAIL  ${name} [${backend}]\n${error?.stack ?? error}`);
      }
    }
  }
  process.exit(failed || !passed ? 1 : 0);
}
