import{t as e}from"./link-BIICqvrk.js";import{$ as t,Gt as n,Ht as r,P as i,Ut as a,X as o}from"./dist-CYtr1V2G.js";import{E as s,m as c,s as l}from"./index-Ces-qXi1.js";import{i as u,n as d,r as f,t as p}from"./dist-DPEKoGnK.js";import{t as m}from"./code-CgzdOfpT.js";var h=n(a(),1),g=({base:e,key:t,model:n})=>`from openai import OpenAI

client = OpenAI(base_url="${e}/v1", api_key="${t}")
answer = client.chat.completions.create(
    model="${n}",
    messages=[{"role": "user", "content": "Say hello."}],
)
print(answer.choices[0].message.content)`,_=({base:e,key:t,model:n})=>`import OpenAI from "openai";

const client = new OpenAI({ baseURL: "${e}/v1", apiKey: "${t}" });
const answer = await client.chat.completions.create({
  model: "${n}",
  messages: [{ role: "user", content: "Say hello." }],
});
console.log(answer.choices[0].message.content);`,v=({base:e,key:t,model:n})=>`from anthropic import Anthropic

client = Anthropic(base_url="${e}", api_key="${t}")
answer = client.messages.create(
    model="${n}",
    max_tokens=200,
    messages=[{"role": "user", "content": "Say hello."}],
)
print(answer.content[0].text)`,y=({base:e,key:t,model:n})=>`curl ${e}/v1/chat/completions \\
  -H "Authorization: Bearer ${t}" \\
  -H "Content-Type: application/json" \\
  -d '{"model": "${n}", "messages": [{"role": "user", "content": "Say hello."}]}'`,b=({base:e,key:t,model:n})=>`import Anthropic from "@anthropic-ai/sdk";

const client = new Anthropic({ baseURL: "${e}", apiKey: "${t}" });
const answer = await client.messages.create({
  model: "${n}",
  max_tokens: 200,
  messages: [{ role: "user", content: "Say hello." }],
});
console.log(answer.content[0].text);`,x=({base:e,key:t,model:n})=>`export ANTHROPIC_BASE_URL=${e}
export ANTHROPIC_AUTH_TOKEN=${t}
export ANTHROPIC_MODEL=${n}
claude`,S=({base:e,key:t,model:n})=>`# ~/.codex/config.toml
model = "${n}"
model_provider = "gatewright"

[model_providers.gatewright]
name = "Gatewright"
base_url = "${e}/v1"
env_key = "GATEWRIGHT_API_KEY"
wire_api = "responses"

# in the shell
export GATEWRIGHT_API_KEY=${t}`,C=({base:e,key:t,model:n})=>`from langchain_openai import ChatOpenAI

llm = ChatOpenAI(model="${n}", base_url="${e}/v1", api_key="${t}")
print(llm.invoke("Say hello.").content)`,w=({base:e,key:t,model:n})=>`from google import genai
from google.genai import types

client = genai.Client(api_key="${t}", http_options=types.HttpOptions(base_url="${e}"))
answer = client.models.generate_content(model="${n}", contents="Say hello.")
print(answer.text)`,T=({base:e,key:t,model:n})=>`import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText } from "ai";

const gateway = createOpenAICompatible({ name: "gatewright", baseURL: "${e}/v1", apiKey: "${t}" });
const { text } = await generateText({ model: gateway("${n}"), prompt: "Say hello." });
console.log(text);`,E=({base:e,key:t,model:n})=>`from llama_index.llms.openai_like import OpenAILike

llm = OpenAILike(model="${n}", api_base="${e}/v1", api_key="${t}", is_chat_model=True)
print(llm.complete("Say hello."))`,D=({base:e,key:t,model:n})=>`from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

provider = OpenAIProvider(base_url="${e}/v1", api_key="${t}")
agent = Agent(OpenAIChatModel("${n}", provider=provider))
print(agent.run_sync("Say hello.").output)`,O=({base:e,key:t,model:n})=>`{
  "$schema": "https://opencode.ai/config.json",
  "provider": {
    "gatewright": {
      "npm": "@ai-sdk/openai-compatible",
      "name": "Gatewright",
      "options": { "baseURL": "${e}/v1", "apiKey": "${t}" },
      "models": { "${n}": { "name": "${n}" } }
    }
  },
  "model": "gatewright/${n}"
}`,k=({base:e,key:t,model:n})=>`OpenAI API Key
  ${t}
Override OpenAI Base URL
  ${e}/v1
Model, added by its name
  ${n}`,A=({base:e,key:t,model:n})=>`API Provider
  OpenAI Compatible
Base URL
  ${e}/v1
API Key
  ${t}
Model ID
  ${n}`,j=({base:e,key:t,model:n})=>`export OPENAI_API_BASE=${e}/v1
export OPENAI_API_KEY=${t}
aider --model openai/${n}`;function M(e){return[{id:`curl`,group:`SDKs`,label:`curl`,about:`Nothing to install.`,text:y(e)},{id:`openai-python`,group:`SDKs`,label:`OpenAI, Python`,about:`pip install openai`,text:g(e)},{id:`openai-node`,group:`SDKs`,label:`OpenAI, Node`,about:`npm install openai`,text:_(e)},{id:`anthropic`,group:`SDKs`,label:`Anthropic, Python`,about:`pip install anthropic`,text:v(e)},{id:`anthropic-node`,group:`SDKs`,label:`Anthropic, Node`,about:`npm install @anthropic-ai/sdk`,text:b(e)},{id:`gemini`,group:`SDKs`,label:`Google GenAI`,about:`pip install google-genai`,text:w(e)},{id:`langchain`,group:`Frameworks`,label:`LangChain`,about:`pip install langchain-openai`,text:C(e)},{id:`ai-sdk`,group:`Frameworks`,label:`Vercel AI SDK`,about:`npm install ai @ai-sdk/openai-compatible`,text:T(e)},{id:`llama-index`,group:`Frameworks`,label:`LlamaIndex`,about:`pip install llama-index-llms-openai-like`,text:E(e)},{id:`pydantic-ai`,group:`Frameworks`,label:`Pydantic AI`,about:`pip install pydantic-ai`,text:D(e)},{id:`claude-code`,group:`Agents and editors`,label:`Claude Code`,about:`Set these where you start it.`,text:x(e)},{id:`codex`,group:`Agents and editors`,label:`Codex`,about:`A provider in its settings, the key in the environment.`,text:S(e)},{id:`opencode`,group:`Agents and editors`,label:`opencode`,about:`In opencode.json of a project.`,text:O(e)},{id:`cursor`,group:`Agents and editors`,label:`Cursor`,about:`Settings, Models, API Keys. Cursor calls from its own servers: the gateway needs an address that they reach.`,text:k(e)},{id:`cline`,group:`Agents and editors`,label:`Cline`,about:`The settings of the extension; Roo Code has the same.`,text:A(e)},{id:`aider`,group:`Agents and editors`,label:`aider`,about:`Set these where you start it.`,text:j(e)}]}var N=r(),P=[`SDKs`,`Frameworks`,`Agents and editors`];function F({apiKey:e,model:t,client:n,onClient:r}){let i=M({base:window.location.origin,key:e,model:t}),a=r?{value:n??`curl`,onValueChange:r}:{defaultValue:`curl`};return(0,N.jsxs)(p,{...a,orientation:`vertical`,className:`grid gap-x-4 gap-y-3 sm:grid-cols-[11rem_minmax(0,1fr)]`,children:[(0,N.jsx)(f,{"aria-label":`Client`,className:`flex gap-1 max-sm:overflow-x-auto max-sm:pb-1 sm:flex-col`,children:P.map(e=>(0,N.jsxs)(`div`,{role:`presentation`,className:`contents sm:block sm:pb-1.5`,children:[(0,N.jsx)(`div`,{role:`presentation`,className:`px-2.5 pb-0.5 text-[0.78rem] font-medium tracking-wide text-faint uppercase max-sm:hidden`,children:e}),i.filter(t=>t.group===e).map(e=>(0,N.jsx)(u,{value:e.id,className:`h-7 shrink-0 rounded-md px-2.5 text-left text-soft hover:bg-sunken data-[state=active]:bg-accent-soft data-[state=active]:font-medium data-[state=active]:text-accent-strong sm:block sm:w-full`,children:e.label},e.id))]},e))}),(0,N.jsx)(`div`,{className:`min-w-0`,children:i.map(e=>(0,N.jsxs)(d,{value:e.id,children:[(0,N.jsx)(`p`,{className:`mb-2 min-h-7 text-soft sm:pt-0.5`,children:e.about}),(0,N.jsx)(m,{text:e.text,label:`${e.label} snippet`,high:!0})]},e.id))})]})}function I(e,t){let n=e=>t.some(t=>t===`*`||t===e||t.endsWith(`*`)&&e.startsWith(t.slice(0,-1))),r=e.filter(e=>e.mode===`chat`&&n(e.id));return[...r.filter(e=>e.owner===`alias`||e.owner===`route`),...r.filter(e=>e.owner!==`alias`&&e.owner!==`route`&&e.configured)].map(e=>e.id)}function L({of:n,onClose:r}){let a=s(`models:read`),u=l(`/api/v1/models`,{},a&&n!==null).data??[],d=n?I(u,n.models):[],[f,p]=(0,h.useState)(null),g=f&&d.includes(f)?f:d[0]??`MODEL`;return(0,N.jsx)(c,{open:n!==null,onClose:r,title:`The key ${n?.name??``}`,wide:!0,children:n?(0,N.jsxs)(`div`,{className:`space-y-4`,children:[(0,N.jsx)(i,{tone:`warn`,children:`Copy it now: the gateway keeps only its digest and cannot show it again.`}),(0,N.jsx)(m,{text:n.key,label:`the key`}),(0,N.jsx)(`div`,{className:`max-w-64`,children:(0,N.jsx)(o,{label:`Model in the snippets`,value:g,options:(d.length>0?d:[`MODEL`]).map(e=>({value:e,label:e})),onChange:e=>p(e.target.value)})}),(0,N.jsx)(F,{apiKey:n.key,model:g}),(0,N.jsxs)(`div`,{className:`flex flex-wrap justify-end gap-2`,children:[(0,N.jsx)(e,{to:`/requests`,search:{key:n.id,live:`1`},onClick:r,className:`inline-flex h-8.5 items-center rounded-md border border-line-strong px-3 font-medium hover:bg-sunken`,children:`Watch its requests`}),(0,N.jsx)(t,{look:`primary`,onClick:r,children:`I have copied it`})]})]}):null})}export{I as n,F as r,L as t};