import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { ManagedGuardrail } from "@/api/types";
import { changeOf, EMPTY, formOf, isName, isPlaced, isSealed, MemberError, memberOf, settingsOf } from "./form";
import { ACTIONS, fieldsOf, KINDS } from "./kinds";

type Member = { anyOf?: { enum?: string[] }[] };
const schema = JSON.parse(readFileSync("../docs/config.schema.json", "utf8"));
const members: Record<string, Member> = schema.properties.guardrails.additionalProperties.properties;
const words = (member: string) => members[member]?.anyOf?.flatMap((one) => one.enum ?? []) ?? [];

const guardrail = (settings: Record<string, unknown>, secrets: string[] = []) =>
  ({ id: "g", name: "g", kind: settings.kind, on: settings.on, action: settings.action, mandatory: settings.mandatory ?? false, default: settings.default ?? false, shadow: settings.shadow ?? false, sample_percent: 100, speakers: [], managed_by: "api", source: "api", settings, secrets, revision: 3 }) as unknown as ManagedGuardrail;

const terms = guardrail({ kind: "keywords", on: ["request"], action: "block", terms: [" Project Falcon", "Hawk"], message: "No.", sample_percent: 50, mandatory: false });

describe("the kinds of guardrails", () => {
  it("are those that the configuration has, but for files of the host", () => {
    expect(KINDS.map(({ kind }) => kind).sort()).toEqual(words("kind").filter((kind) => !["wasm", "ner", "classifier"].includes(kind)).sort());
    expect(ACTIONS.map(({ value }) => value).sort()).toEqual(words("action").sort());
  });
  it("have members that there are, each once", () => {
    for (const { kind } of KINDS) {
      for (const { value } of ACTIONS) {
        const found = fieldsOf(kind, value).map(({ member }) => member);
        expect(found.filter((member) => !(member in members)), kind).toEqual([]);
        expect(new Set(found).size, kind).toBe(found.length);
      }
    }
  });
});

describe("guardrails in their form", () => {
  it("come back as they were written", () => {
    const form = formOf(terms);
    expect(form.values).toEqual({ terms: " Project Falcon\nHawk", message: "No." });
    expect(JSON.parse(form.more)).toEqual({ sample_percent: 50 });
    expect(settingsOf(form, terms.settings ?? {})).toEqual(terms.settings);
    expect(changeOf(terms, form)).toEqual({});
  });
  it("say what is new and nothing that counts anyway", () => {
    expect(settingsOf({ ...EMPTY, kind: "keywords", action: "redact", values: { terms: "a\n\n b \n", replacement: " X " } })).toEqual({ kind: "keywords", on: ["request"], action: "redact", terms: ["a", " b "], replacement: "X" });
    expect(settingsOf({ ...EMPTY, kind: "keywords", mandatory: true, response: true, values: { terms: "a", whole_words: "", case_sensitive: "true" } })).toEqual({ kind: "keywords", on: ["request", "response"], action: "flag", mandatory: true, terms: ["a"], whole_words: false, case_sensitive: true });
    expect(settingsOf({ ...EMPTY, kind: "secrets", usual: true })).toEqual({ kind: "secrets", on: ["request"], action: "flag", default: true });
    expect(settingsOf({ ...EMPTY, kind: "topics", values: { topics: '{"m":["x"]}', similarity: "0.4" }, more: '{"max_parallel":3}' })).toMatchObject({ topics: { m: ["x"] }, similarity: 0.4, max_parallel: 3 });
  });
  it("send of a change what is another, and null for what is gone", () => {
    const form = formOf(terms);
    expect(changeOf(terms, { ...form, action: "flag", shadow: true, more: "" })).toEqual({ action: "flag", message: null, shadow: true, sample_percent: null });
    expect(changeOf(terms, { ...form, values: { ...form.values, terms: "Owl" } })).toEqual({ terms: ["Owl"] });
    // Fields of another kind are not sent, though they were typed.
    expect(changeOf(terms, { ...form, kind: "secrets" })).toEqual({ kind: "secrets", terms: null });
  });
  it("keep secrets that are not given, as long as the kind has them", () => {
    const hook = guardrail({ kind: "webhook", on: ["request"], action: "flag" }, ["/secret", "/url"]);
    const form = formOf(hook);
    expect([isSealed(hook, "url"), isSealed(hook, "api_key"), isSealed(null, "url")]).toEqual([true, false, false]);
    expect(changeOf(hook, form)).toEqual({});
    expect(changeOf(hook, { ...form, values: { url: "https://other.example", secret: " s " } })).toEqual({ url: "https://other.example", secret: " s " });
    expect(changeOf(hook, { ...form, more: '{"secret":null}' })).toEqual({ secret: null });
    expect(changeOf(hook, { ...form, kind: "secrets" })).toEqual({ kind: "secrets", secret: null, url: null });
    expect(changeOf(hook, { ...form, kind: "presidio" })).toEqual({ kind: "presidio", secret: null });
  });
  it("leave what a field cannot hold in the JSON", () => {
    const odd = guardrail({ kind: "pii", on: ["request"], action: "flag", entities: "email" });
    expect(formOf(odd)).toMatchObject({ values: {}, more: '{\n  "entities": "email"\n}' });
    expect(changeOf(odd, formOf(odd))).toEqual({});
  });
  it("say which member is wrong", () => {
    const fault = (form: object) => {
      try {
        settingsOf({ ...EMPTY, ...form });
      } catch (error) {
        return error instanceof MemberError ? error.member : String(error);
      }
      return null;
    };
    expect(fault({ more: "[1]" })).toBe("more");
    expect(fault({ more: '{"kind":"pii"}' })).toBe("more");
    expect(fault({ more: '{"mandatory":true}' })).toBe("more");
    expect(fault({ kind: "injection", values: { min_score: "much" } })).toBe("min_score");
    expect(fault({ kind: "topics", values: { topics: "{" } })).toBe("topics");
    expect([memberOf("terms.1"), memberOf(null)]).toEqual(["terms", ""]);
    expect([isPlaced({ ...EMPTY, kind: "keywords" }, "terms"), isPlaced(EMPTY, "terms"), isPlaced(EMPTY, "action")]).toEqual([true, false, true]);
    expect([isName("no-secrets.2"), isName("two words"), isName("")]).toEqual([true, false, false]);
  });
});
