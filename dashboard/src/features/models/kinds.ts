// What the configuration says for a provider of a kind that people often begin with. Pure.

export type Kind = { kind: string; label: string; /** The variable in which its key usually stands; none where it takes no key. */ variable: string | null; /** What else it needs, with an example. */ more?: Record<string, string> };

export const KINDS: Kind[] = [
  { kind: "openai", label: "OpenAI", variable: "OPENAI_API_KEY" },
  { kind: "anthropic", label: "Anthropic", variable: "ANTHROPIC_API_KEY" },
  { kind: "gemini", label: "Google Gemini", variable: "GEMINI_API_KEY" },
  { kind: "azure-openai", label: "Azure OpenAI", variable: "AZURE_OPENAI_API_KEY", more: { endpoint: "https://NAME.openai.azure.com", api_version: '"2024-10-21"' } },
  { kind: "mistral", label: "Mistral", variable: "MISTRAL_API_KEY" },
  { kind: "groq", label: "Groq", variable: "GROQ_API_KEY" },
  { kind: "deepseek", label: "DeepSeek", variable: "DEEPSEEK_API_KEY" },
  { kind: "cohere", label: "Cohere", variable: "COHERE_API_KEY" },
  { kind: "openrouter", label: "OpenRouter", variable: "OPENROUTER_API_KEY" },
  { kind: "ollama", label: "Ollama", variable: null, more: { base_url: "http://127.0.0.1:11434" } },
  { kind: "openai-compatible", label: "Anything that speaks OpenAI's format", variable: "PROVIDER_API_KEY", more: { base_url: "http://127.0.0.1:8080/v1" } },
];

/** The lines for the configuration file. `stored` is the name of a credential in the gateway's store. */
export function configured(of: Kind, name: string, stored: string | null): string {
  const lines = ["providers:", `  ${name}:`];
  if (name !== of.kind) lines.push(`    kind: ${of.kind}`);
  for (const [member, example] of Object.entries(of.more ?? {})) lines.push(`    ${member}: ${example}`);
  if (stored !== null) lines.push(`    stored_credential: ${stored}`);
  else if (of.variable !== null) lines.push(`    api_key: \${${of.variable}}`);
  return lines.length === 2 ? `providers:\n  ${name}: {}` : lines.join("\n");
}

/** May a provider be called so? */
export const isName = (name: string) => /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name);
