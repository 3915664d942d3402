// Kinds of guardrails: what each looks for, and those of its members that have a field of their own in the form. Pure.

/** A member of a guardrail, and how it is typed. `lines` is a list, one to a line; `secret` is never shown again. */
export type Field = {
  member: string;
  label: string;
  kind: "lines" | "text" | "long" | "number" | "check" | "json" | "secret" | "choice";
  hint?: string;
  placeholder?: string;
  required?: boolean;
  /** Of a check: what counts where nothing is said. */
  usual?: boolean;
  /** Of a choice: its words, with what nothing said means first. */
  options?: { value: string; label: string }[];
};
export type Kind = { kind: string; label: string; about: string; fields: Field[] };

const lines = (member: string, label: string, more: Partial<Field> = {}): Field => ({ member, label, kind: "lines", hint: "one to a line", ...more });
const number = (member: string, label: string, more: Partial<Field> = {}): Field => ({ member, label, kind: "number", ...more });
const check = (member: string, label: string, usual = false): Field => ({ member, label, kind: "check", usual });
const text = (member: string, label: string, more: Partial<Field> = {}): Field => ({ member, label, kind: "text", ...more });
const secret = (member: string, label: string, required = false): Field => ({ member, label, kind: "secret", hint: "sealed, and never shown again", required });
const MODEL = text("model", "Model", { required: true, hint: "by the name that callers use" });
const MIN_SCORE = (usual: number) => number("min_score", "Least score", { placeholder: String(usual), hint: "1 to 100: how sure a finding must be" });

/** What all kinds that ask somebody have. */
const asking = (usualMs: number): Field[] => [
  number("timeout_ms", "A verdict may take, in ms", { placeholder: String(usualMs) }),
  { member: "on_error", label: "Without a verdict", kind: "choice", options: [{ value: "", label: "as usual: calls are refused" }, { value: "closed", label: "calls are refused" }, { value: "open", label: "calls pass" }] },
  check("parallel", "The call goes on meanwhile, and its answer waits"),
];
const HOST_MS = 2000;
const MODEL_MS = 10_000;

/** All that the API takes; plugins (`wasm`) are files of the gateway's host, which only the configuration file may name. */
export const KINDS: Kind[] = [
  { kind: "pii", label: "Personal data", about: "addresses of mail, telephone numbers, cards, IBANs and other numbers of people", fields: [lines("entities", "What counts", { placeholder: "email\ncredit_card", hint: "one to a line; everything when empty" })] },
  { kind: "secrets", label: "Secrets", about: "keys of vendors, private keys, tokens, passwords", fields: [check("entropy", "Texts that look random count too, beside words such as “key”")] },
  { kind: "injection", label: "Injections", about: "attempts to take over a model", fields: [MIN_SCORE(70)] },
  { kind: "keywords", label: "Words and phrases", about: "terms of yours, in all ordinary spellings", fields: [lines("terms", "Terms", { required: true }), check("case_sensitive", "Upper and lower case are different"), check("whole_words", "Whole words only", true)] },
  { kind: "regex", label: "Patterns", about: "what fits regular expressions, in linear time", fields: [lines("patterns", "Patterns", { required: true, placeholder: "PRJ-[0-9]{4,6}" }), number("max_match_bytes", "Longest match in bytes", { placeholder: "256" })] },
  { kind: "urls", label: "Links", about: "links to hosts that are not allowed", fields: [lines("allow", "Allowed hosts", { hint: "one to a line, with those below them" }), lines("deny", "Denied hosts", { hint: "one to a line, with those below them" })] },
  { kind: "invisible-text", label: "Invisible text", about: "characters of no width, tags, marks of direction", fields: [] },
  { kind: "length", label: "Length", about: "texts that are too long or too short", fields: [number("min_chars", "Fewest characters"), number("max_chars", "Most characters"), number("max_words", "Most words")] },
  { kind: "language", label: "Language", about: "texts in other languages than those that are allowed", fields: [lines("allow", "Allowed languages", { required: true, placeholder: "en\nde", hint: "ISO 639-1, one to a line" })] },
  { kind: "code", label: "Code", about: "texts with source code", fields: [lines("languages", "Languages", { hint: "one to a line; all when empty" })] },
  { kind: "refusal", label: "Refusals", about: "answers that decline", fields: [] },
  { kind: "cel", label: "Expression", about: "texts of which an expression holds", fields: [{ member: "expression", label: "Expression", kind: "long", required: true, placeholder: 'text.side == "request" && text.content.contains("Falcon")' }] },
  { kind: "json-schema", label: "JSON Schema", about: "answers that do not fit a schema", fields: [{ member: "schema", label: "Schema as JSON", kind: "long", required: true, placeholder: '{ "type": "object", "required": ["answer"] }' }, check("repair", "Ask the model once more before an answer is blocked")] },
  { kind: "webhook", label: "Web hook", about: "asks a host of yours", fields: [text("url", "Address", { required: true, placeholder: "https://dlp.example/check" }), secret("secret", "Secret that signs questions"), secret("api_key", "Bearer token"), ...asking(HOST_MS)] },
  { kind: "llm-judge", label: "Judge by a model", about: "asks a model whether texts break a rule", fields: [MODEL, { member: "rule", label: "What is not allowed", kind: "long", required: true, placeholder: "No advice about medicines or doses." }, ...asking(MODEL_MS)] },
  { kind: "llama-guard", label: "Llama Guard", about: "asks a model of that family", fields: [MODEL, lines("categories", "Categories", { placeholder: "S1\nS10", hint: "S1 to S14, one to a line; all when empty" }), ...asking(MODEL_MS)] },
  { kind: "openai-moderation", label: "Moderation", about: "asks a moderation model, or a host that speaks that format", fields: [text("model", "Model", { required: true, hint: "by the name that callers use; with an address, its name there" }), text("url", "Address", { hint: "of a host that is asked in place of a model of this gateway" }), secret("api_key", "API key of the address"), ...asking(MODEL_MS)] },
  { kind: "topics", label: "Topics", about: "what texts are about, by examples and a model for embeddings", fields: [{ member: "topics", label: "Examples by topic, as JSON", kind: "json", required: true, placeholder: '{ "medicine": ["Which dose of ibuprofen is safe?"] }' }, lines("deny", "Topics that are denied"), lines("allow", "Topics that are allowed", { hint: "one to a line; all others are not" }), text("embeddings", "Model for embeddings", { placeholder: "local" }), number("similarity", "Least similarity", { placeholder: "0.5" }), ...asking(MODEL_MS)] },
  { kind: "presidio", label: "Presidio", about: "asks an analyzer of Presidio", fields: [text("url", "Address", { required: true, placeholder: "http://presidio:5002" }), text("language", "Language of the texts", { placeholder: "en" }), lines("entities", "Entities", { hint: "one to a line; all when empty" }), MIN_SCORE(50), ...asking(HOST_MS)] },
  { kind: "azure-content-safety", label: "Azure AI Content Safety", about: "asks Azure", fields: [text("url", "Address", { required: true, placeholder: "https://NAME.cognitiveservices.azure.com" }), secret("api_key", "API key", true), lines("blocklists", "Block lists"), ...asking(HOST_MS)] },
  { kind: "bedrock-guardrail", label: "Bedrock guardrail", about: "asks a guardrail at AWS", fields: [text("provider", "Provider", { required: true, hint: "of kind bedrock, whose credentials are used" }), text("guardrail_id", "Id of the guardrail", { required: true }), text("guardrail_version", "Its version", { placeholder: "DRAFT" }), ...asking(HOST_MS)] },
  { kind: "lakera", label: "Lakera Guard", about: "asks Lakera", fields: [secret("api_key", "API key", true), text("project", "Project"), ...asking(HOST_MS)] },
];

/** The kind of that name; one that is not in the menu has no fields, and all of it stands in the further settings. */
export const kindOf = (name: string): Kind => KINDS.find((one) => one.kind === name) ?? { kind: name, label: name, about: "", fields: [] };

/** What becomes of a finding, with the members that go with it. */
export const ACTIONS: { value: string; label: string; fields: Field[] }[] = [
  { value: "flag", label: "flag: noted, and nothing else", fields: [] },
  { value: "block", label: "block: the call is refused", fields: [text("message", "Callers are told", { hint: "in place of the gateway's own words" }), text("refusal", "Or get as an answer", { hint: "like any other answer, in place of an error" })] },
  { value: "redact", label: "redact: a label stands in its place", fields: [text("replacement", "Stands in its place", { placeholder: "[REDACTED_…]" })] },
  { value: "tokenize", label: "tokenize: masked for the provider, restored in the answer", fields: [] },
  { value: "rewrite", label: "rewrite: another text stands in its place", fields: [text("replacement", "Stands in its place")] },
  { value: "route", label: "route: another model is asked", fields: [text("to", "Model that is asked", { required: true, hint: "by the name that callers use" })] },
];

/** The fields that go with an action. */
export const actionFields = (action: string): Field[] => ACTIONS.find((one) => one.value === action)?.fields ?? [];

/** The fields that a kind and an action have together. */
export const fieldsOf = (kind: string, action: string): Field[] => [...kindOf(kind).fields, ...actionFields(action)];
