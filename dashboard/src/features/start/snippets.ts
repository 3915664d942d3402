// How the usual clients are pointed to this gateway: text to copy, with the reader's own address, key and model in it. Pure.

/** Where a client stands among the others. */
export type Group = "SDKs" | "Frameworks" | "Agents and editors";
export type Snippet = { id: string; group: Group; label: string; about: string; text: string };
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

const anthropicNode = ({ base, key, model }: Given) => `import Anthropic from "@anthropic-ai/sdk";

const client = new Anthropic({ baseURL: "${base}", apiKey: "${key}" });
const answer = await client.messages.create({
  model: "${model}",
  max_tokens: 200,
  messages: [{ role: "user", content: "Say hello." }],
});
console.log(answer.content[0].text);`;

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

const llamaIndex = ({ base, key, model }: Given) => `from llama_index.llms.openai_like import OpenAILike

llm = OpenAILike(model="${model}", api_base="${base}/v1", api_key="${key}", is_chat_model=True)
print(llm.complete("Say hello."))`;

const pydanticAi = ({ base, key, model }: Given) => `from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

provider = OpenAIProvider(base_url="${base}/v1", api_key="${key}")
agent = Agent(OpenAIChatModel("${model}", provider=provider))
print(agent.run_sync("Say hello.").output)`;

const opencode = ({ base, key, model }: Given) => `{
  "$schema": "https://opencode.ai/config.json",
  "provider": {
    "gatewright": {
      "npm": "@ai-sdk/openai-compatible",
      "name": "Gatewright",
      "options": { "baseURL": "${base}/v1", "apiKey": "${key}" },
      "models": { "${model}": { "name": "${model}" } }
    }
  },
  "model": "gatewright/${model}"
}`;

const cursor = ({ base, key, model }: Given) => `OpenAI API Key
  ${key}
Override OpenAI Base URL
  ${base}/v1
Model, added by its name
  ${model}`;

const cline = ({ base, key, model }: Given) => `API Provider
  OpenAI Compatible
Base URL
  ${base}/v1
API Key
  ${key}
Model ID
  ${model}`;

const aider = ({ base, key, model }: Given) => `export OPENAI_API_BASE=${base}/v1
export OPENAI_API_KEY=${key}
aider --model openai/${model}`;

/** All of them, for one key and model. */
export function snippets(given: Given): Snippet[] {
  return [
    { id: "curl", group: "SDKs", label: "curl", about: "Nothing to install.", text: curl(given) },
    { id: "openai-python", group: "SDKs", label: "OpenAI, Python", about: "pip install openai", text: openaiPython(given) },
    { id: "openai-node", group: "SDKs", label: "OpenAI, Node", about: "npm install openai", text: openaiNode(given) },
    { id: "anthropic", group: "SDKs", label: "Anthropic, Python", about: "pip install anthropic", text: anthropicPython(given) },
    { id: "anthropic-node", group: "SDKs", label: "Anthropic, Node", about: "npm install @anthropic-ai/sdk", text: anthropicNode(given) },
    { id: "gemini", group: "SDKs", label: "Google GenAI", about: "pip install google-genai", text: gemini(given) },
    { id: "langchain", group: "Frameworks", label: "LangChain", about: "pip install langchain-openai", text: langchain(given) },
    { id: "ai-sdk", group: "Frameworks", label: "Vercel AI SDK", about: "npm install ai @ai-sdk/openai-compatible", text: aiSdk(given) },
    { id: "llama-index", group: "Frameworks", label: "LlamaIndex", about: "pip install llama-index-llms-openai-like", text: llamaIndex(given) },
    { id: "pydantic-ai", group: "Frameworks", label: "Pydantic AI", about: "pip install pydantic-ai", text: pydanticAi(given) },
    { id: "claude-code", group: "Agents and editors", label: "Claude Code", about: "Set these where you start it.", text: claudeCode(given) },
    { id: "codex", group: "Agents and editors", label: "Codex", about: "A provider in its settings, the key in the environment.", text: codex(given) },
    { id: "opencode", group: "Agents and editors", label: "opencode", about: "In opencode.json of a project.", text: opencode(given) },
    { id: "cursor", group: "Agents and editors", label: "Cursor", about: "Settings, Models, API Keys. Cursor calls from its own servers: the gateway needs an address that they reach.", text: cursor(given) },
    { id: "cline", group: "Agents and editors", label: "Cline", about: "The settings of the extension; Roo Code has the same.", text: cline(given) },
    { id: "aider", group: "Agents and editors", label: "aider", about: "Set these where you start it.", text: aider(given) },
  ];
}
