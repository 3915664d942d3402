// How the usual clients are pointed to this gateway: text to copy, with the reader's own address, key and model in it. Pure.

export type Snippet = { id: string; label: string; about: string; language: string; text: string };
type Given = { base: string; key: string; model: string };

const openaiPython = ({ base, key, model }: Given) => `from openai import OpenAI

client = OpenAI(base_url="${base}/v1", api_key="${key}")
answer = client.chat.completions.create(
    model="${model}",
    messages=[{"role": "user", "content": "Say hello."}],
)
print(answer.choices[0].message.content)`;

const openaiNode = ({ base, key, model }: Given) => `import OpenAI from "openai";

const client = new OpenAI({ baseURL: "${base}/v1", apiKey: "${key}" });
const answer = await client.chat.completions.create({
  model: "${model}",
  messages: [{ role: "user", content: "Say hello." }],
});
console.log(answer.choices[0].message.content);`;

const anthropicPython = ({ base, key, model }: Given) => `from anthropic import Anthropic

client = Anthropic(base_url="${base}", api_key="${key}")
answer = client.messages.create(
    model="${model}",
    max_tokens=200,
    messages=[{"role": "user", "content": "Say hello."}],
)
print(answer.content[0].text)`;

const curl = ({ base, key, model }: Given) => `curl ${base}/v1/chat/completions \\
  -H "Authorization: Bearer ${key}" \\
  -H "Content-Type: application/json" \\
  -d '{"model": "${model}", "messages": [{"role": "user", "content": "Say hello."}]}'`;

const claudeCode = ({ base, key, model }: Given) => `export ANTHROPIC_BASE_URL=${base}
export ANTHROPIC_AUTH_TOKEN=${key}
export ANTHROPIC_MODEL=${model}
claude`;

const codex = ({ base, key, model }: Given) => `# ~/.codex/config.toml
model = "${model}"
model_provider = "gatewright"

[model_providers.gatewright]
name = "Gatewright"
base_url = "${base}/v1"
env_key = "GATEWRIGHT_API_KEY"
wire_api = "responses"

# in the shell
export GATEWRIGHT_API_KEY=${key}`;

const langchain = ({ base, key, model }: Given) => `from langchain_openai import ChatOpenAI

llm = ChatOpenAI(model="${model}", base_url="${base}/v1", api_key="${key}")
print(llm.invoke("Say hello.").content)`;

const gemini = ({ base, key, model }: Given) => `from google import genai
from google.genai import types

client = genai.Client(api_key="${key}", http_options=types.HttpOptions(base_url="${base}"))
answer = client.models.generate_content(model="${model}", contents="Say hello.")
print(answer.text)`;

const aiSdk = ({ base, key, model }: Given) => `import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText } from "ai";

const gateway = createOpenAICompatible({ name: "gatewright", baseURL: "${base}/v1", apiKey: "${key}" });
const { text } = await generateText({ model: gateway("${model}"), prompt: "Say hello." });
console.log(text);`;

/** All of them, for one key and model. */
export function snippets(given: Given): Snippet[] {
  return [
    { id: "curl", label: "curl", about: "Nothing to install.", language: "shell", text: curl(given) },
    { id: "openai-python", label: "OpenAI, Python", about: "pip install openai", language: "python", text: openaiPython(given) },
    { id: "openai-node", label: "OpenAI, Node", about: "npm install openai", language: "javascript", text: openaiNode(given) },
    { id: "anthropic", label: "Anthropic", about: "pip install anthropic", language: "python", text: anthropicPython(given) },
    { id: "claude-code", label: "Claude Code", about: "Set these where you start it.", language: "shell", text: claudeCode(given) },
    { id: "codex", label: "Codex", about: "A provider in its settings, the key in the environment.", language: "toml", text: codex(given) },
    { id: "langchain", label: "LangChain", about: "pip install langchain-openai", language: "python", text: langchain(given) },
    { id: "ai-sdk", label: "AI SDK", about: "npm install ai @ai-sdk/openai-compatible", language: "javascript", text: aiSdk(given) },
    { id: "gemini", label: "Google GenAI", about: "pip install google-genai", language: "python", text: gemini(given) },
  ];
}
