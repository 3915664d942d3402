// A gateway of its own for one run: its data directory and port, seeded, ended with the run.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seed } from "./seed/index.mjs";

export const MASTER_KEY = "gw-dashboard-0123456789abcdef0123456789abcdef";
const START_MS = 60_000;

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function ready(base, child) {
  const deadline = Date.now() + START_MS;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`the gateway ended with ${child.exitCode}`);
    const up = await fetch(`${base}/readyz`).then((answer) => answer.ok, () => false);
    if (up) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("the gateway is not ready");
}

/** Starts and seeds it; `stop` ends it and takes its data away. */
export async function startGateway(binary) {
  const data = mkdtempSync(join(tmpdir(), "gatewright-dashboard-"));
  const base = `http://127.0.0.1:${await freePort()}`;
  const config = new URL("./seed/gateway.yaml", import.meta.url).pathname;
  const child = spawn(binary, ["serve", "--config", config, "--data-dir", join(data, "gateway"), "--listen", base.slice(7)], {
    env: { ...process.env, GATEWRIGHT_MASTER_KEY: MASTER_KEY },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const stop = async () => {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    if (child.exitCode === null) {
      child.kill("SIGTERM");
      const late = setTimeout(() => child.kill("SIGKILL"), 10_000);
      await ended;
      clearTimeout(late);
    }
    rmSync(data, { recursive: true, force: true });
  };
  try {
    await ready(base, child);
    return { base, stop, seeded: await seed(base, MASTER_KEY) };
  } catch (error) {
    await stop();
    throw error;
  }
}
