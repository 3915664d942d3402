import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { mayAtGateway } from "@/api/permissions";
import type { Setting } from "@/api/types";
import { comesTo, fitting, isGiven, kindOf, sectionOf, sections, textOf, titleOf, typed, whyNot, WORDS } from "./settings";

const setting = (id: string, more: Partial<Setting> = {}): Setting => ({ id, description: "", source: "default", hidden: false, changeable: true, revision: 0, value: null, default: null, ...more });

const list = [
  setting("records.logging", { description: "How much is written down", value: "full", default: "metadata", source: "file", place: "g.yaml:3", changeable: false }),
  setting("health.window_ms", { value: 10_000, default: 10_000 }),
  setting("redis_url", { changeable: false, hidden: true, source: "start" }),
  setting("listen", { value: "127.0.0.1:4000", changeable: false }),
  setting("auth.sign_in.passwords", { value: true, default: true, changeable: false }),
];

type Node = { properties?: Record<string, Node>; anyOf?: { type?: string; enum?: string[] }[]; default?: unknown; type?: string | string[] };

/** Settings of a schema by their names. */
function leaves(of: Node, within = ""): [string, Node][] {
  return Object.entries(of.properties ?? {}).flatMap(([name, one]) => (one.properties ? leaves(one, `${within}${name}.`) : [[within + name, one] as [string, Node]]));
}

describe("plain settings", () => {
  it("know the words of those that can be changed", () => {
    const schema = JSON.parse(readFileSync("../docs/config.schema.json", "utf8")) as Node;
    const blocks = ["customers", "health", "limits", "settings", "records", "datasets", "evaluations"];
    const all = leaves(schema).filter(([name]) => blocks.includes(name.split(".")[0] ?? ""));
    const found = all.flatMap(([name, one]) => (one.anyOf ?? []).filter((branch) => branch.enum).map((branch) => [name, branch.enum]));
    // Where bodies are kept is read at start.
    expect(Object.fromEntries(found.filter(([name]) => name !== "records.bodies_in"))).toEqual(WORDS);
    // What has neither words nor a default is typed as a number.
    const bare = all.filter(([name, one]) => !WORDS[name] && one.default === undefined && one.anyOf?.some(({ type }) => type === "boolean"));
    expect(bare).toEqual([]);
  });
  it("stand in sections", () => {
    expect(sections(list).map(({ section, rows }) => [section, rows.length])).toEqual([["general", 1], ["health", 1], ["records", 1], ["redis", 1], ["auth", 1]]);
    expect([sectionOf("a.b.c"), titleOf("settings"), titleOf("some_thing")]).toEqual(["a", "Calls", "Some thing"]);
  });
  it("are found by name, description and value", () => {
    const ids = (find: string, shown: "all" | "given" | "changeable" = "all") => fitting(list, find, shown).map(({ id }) => id);
    expect(ids("WRITTEN logging")).toEqual(["records.logging"]);
    expect(ids("4000")).toEqual(["listen"]);
    expect(ids("", "given")).toEqual(["records.logging", "redis_url"]);
    expect(ids("", "changeable")).toEqual(["health.window_ms"]);
    // A value that the API stored and that has no effect is one that somebody gave.
    expect(isGiven(setting("x", { revision: 4 }))).toBe(true);
  });
  it("are typed as what they are", () => {
    expect(list.map(kindOf)).toEqual(["words", "number", "number", "text", "truth"]);
    expect([typed("number", " 12 "), typed("number", ""), typed("truth", "false"), typed("words", "full")]).toEqual([12, null, false, "full"]);
    expect(() => typed("number", "many")).toThrow("number");
    expect([textOf(null), textOf(["a", "b"]), textOf(false)]).toEqual(["", "a, b", "false"]);
  });
  it("say what large numbers come to", () => {
    expect(comesTo("a_bytes", 67_108_864)).toBe("64.0 MiB");
    expect([comesTo("a_ms", 3_600_000), comesTo("a_ms", 1500), comesTo("a_ms", 250)]).toEqual(["1 hour", "1.5 seconds", null]);
    expect([comesTo("a_seconds", 259_200), comesTo("a_seconds", 60), comesTo("a_days", 400), comesTo("a_bytes", null)]).toEqual(["3 days", null, null, null]);
  });
  it("say where they are changed", () => {
    expect(list.map(whyNot)).toEqual(["Changed in the file.", null, "Changed where the gateway is started.", "In the file only.", "In the file only."]);
  });
  it("are for roles at the gateway as a whole", () => {
    const cookie = { kind: "cookie" as const, csrfToken: "t", name: "n", permissions: { "settings:read": "all" }, personal: true, hasPassword: true, totpEnabled: false, recoveryCodesLeft: 0 };
    const at = (scope_kind: string) => mayAtGateway({ ...cookie, roles: [{ role: "admin", scope_kind }] }, "settings:read");
    expect([at("gateway"), at("organization")]).toEqual([true, false]);
  });
});
