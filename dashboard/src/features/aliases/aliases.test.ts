import { describe, expect, it } from "vitest";
import type { Model } from "@/api/types";
import { changeOf, EMPTY, formOf, groupOf, isName, moved, settingsOf, shares, TARGET, targetName, targetsOf } from "./aliases";

const settings = {
  strategy: "weighted",
  targets: [
    { provider: "west", model: "m", weight: 9, prices: { input_usd_per_million_tokens: 1 } },
    { model: "other-alias" },
    { strategy: "latency", targets: [{ provider: "a", model: "x" }, { provider: "b", model: "x" }] },
  ],
  retry: { attempts: 2 },
};
const alias = { id: "chat", owner: "alias", providers: ["west"], mode: "chat", capabilities: [], settings } as unknown as Model;

describe("aliases in their form", () => {
  it("come back as they were written", () => {
    const form = formOf(alias);
    expect(settingsOf(form)).toEqual(settings);
    expect(changeOf(alias, form)).toEqual({});
    expect(targetsOf(alias).map(targetName)).toEqual(["west/m", "other-alias", "a group of 2"]);
    expect(form.targets.map(groupOf)).toEqual([null, null, 2]);
  });

  it("send only what is different, and null for what is gone", () => {
    const form = formOf(alias);
    expect(changeOf(alias, { ...form, strategy: "cost", more: "" })).toEqual({ strategy: "cost", retry: null });
    const turned = moved(form.targets, 0, 1);
    expect(turned.map(targetName)).toEqual(["other-alias", "west/m", "a group of 2"]);
    expect(Object.keys(changeOf(alias, { ...form, targets: turned }))).toEqual(["targets"]);
    expect(moved(form.targets, 2, 1)).toBe(form.targets);
    const plain = { ...alias, settings: { targets: [{ provider: "west", model: "m" }] } } as unknown as Model;
    expect(changeOf(plain, formOf(plain))).toEqual({});
  });

  it("leave out what is not given", () => {
    const target = { ...TARGET, provider: "west", model: " m ", weight: "0", when: " true " };
    expect(settingsOf({ ...EMPTY, name: "chat", targets: [target] })).toEqual({ strategy: "fallback", targets: [{ provider: "west", model: "m", weight: 0, when: "true" }] });
    expect(() => settingsOf({ ...EMPTY, more: "[]" })).toThrow("write an object");
  });

  it("say what share each target gets", () => {
    const of = (weight: string) => ({ ...TARGET, weight });
    expect(shares([of("3"), of("")])).toEqual([0.75, 0.25]);
    expect(shares([of("0"), of("0")])).toEqual([0, 0]);
  });

  it("have names without spaces and stars", () => {
    expect(["chat", "gpt-4o:eu", "a/b"].every(isName)).toBe(true);
    expect(["", "a b", "a*"].some(isName)).toBe(false);
  });
});
