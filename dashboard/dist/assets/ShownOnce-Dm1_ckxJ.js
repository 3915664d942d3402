import{t as e}from"./link-Dm_jpKEE.js";import{F as t,M as n,_ as r,_t as i,a,gt as o,yt as s}from"./lists-VXxxLp5R.js";import{b as c,o as l}from"./index-D8zQRwR9.js";import{i as u,n as d,r as f,t as p}from"./dist-Dnvaq5Fc.js";import{t as m}from"./code-B7evBl2U.js";var h=s(i(),1),g=({base:e,key:t,model:n})=>`from openai import OpenAI

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
  -d '{"model": "${n}", "messages": [{"role": "user", "content": "Say hello."}]}'`,b=({base:e,key:t,model:n})=>`export ANTHROPIC_BASE_URL=${e}
export ANTHROPIC_AUTH_TOKEN=${t}
export ANTHROPIC_MODEL=${n}
claude`,x=({base:e,key:t,model:n})=>`# ~/.codex/config.toml
model = "${n}"
model_provider = "gatewright"

[model_providers.gatewright]
name = "Gatewright"
base_url = "${e}/v1"
env_key = "GATEWRIGHT_API_KEY"
wire_api = "responses"

# in the shell
export GATEWRIGHT_API_KEY=${t}`,S=({base:e,key:t,model:n})=>`from langchain_openai import ChatOpenAI

llm = ChatOpenAI(model="${n}", base_url="${e}/v1", api_key="${t}")
print(llm.invoke("Say hello.").content)`,C=({base:e,key:t,model:n})=>`from google import genai
from google.genai import types

client = genai.Client(api_key="${t}", http_options=types.HttpOptions(base_url="${e}"))
answer = client.models.generate_content(model="${n}", contents="Say hello.")
print(answer.text)`,w=({base:e,key:t,model:n})=>`import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText } from "ai";

const gateway = createOpenAICompatible({ name: "gatewright", baseURL: "${e}/v1", apiKey: "${t}" });
const { text } = await generateText({ model: gateway("${n}"), prompt: "Say hello." });
console.log(text);`;function T(e){return[{id:`curl`,label:`curl`,about:`Nothing to install.`,language:`shell`,text:y(e)},{id:`openai-python`,label:`OpenAI, Python`,about:`pip install openai`,language:`python`,text:g(e)},{id:`openai-node`,label:`OpenAI, Node`,about:`npm install openai`,language:`javascript`,text:_(e)},{id:`anthropic`,label:`Anthropic`,about:`pip install anthropic`,language:`python`,text:v(e)},{id:`claude-code`,label:`Claude Code`,about:`Set these where you start it.`,language:`shell`,text:b(e)},{id:`codex`,label:`Codex`,about:`A provider in its settings, the key in the environment.`,language:`toml`,text:x(e)},{id:`langchain`,label:`LangChain`,about:`pip install langchain-openai`,language:`python`,text:S(e)},{id:`ai-sdk`,label:`AI SDK`,about:`npm install ai @ai-sdk/openai-compatible`,language:`javascript`,text:w(e)},{id:`gemini`,label:`Google GenAI`,about:`pip install google-genai`,language:`python`,text:C(e)}]}var E=o();function D({apiKey:e,model:t,client:n,onClient:r}){let i=T({base:window.location.origin,key:e,model:t}),a=r?{value:n??`curl`,onValueChange:r}:{defaultValue:`curl`};return(0,E.jsxs)(p,{...a,children:[(0,E.jsx)(f,{"aria-label":`Client`,className:`mb-3 flex gap-1 overflow-x-auto pb-1`,children:i.map(e=>(0,E.jsx)(u,{value:e.id,className:`h-7 shrink-0 rounded-md px-2.5 text-soft hover:bg-sunken data-[state=active]:bg-accent-soft data-[state=active]:font-medium data-[state=active]:text-accent-strong`,children:e.label},e.id))}),i.map(e=>(0,E.jsxs)(d,{value:e.id,children:[(0,E.jsx)(`p`,{className:`mb-2 text-soft`,children:e.about}),(0,E.jsx)(m,{text:e.text,label:`${e.label} snippet`,high:!0})]},e.id))]})}function O(e,t){let n=e=>t.some(t=>t===`*`||t===e||t.endsWith(`*`)&&e.startsWith(t.slice(0,-1))),r=e.filter(e=>e.mode===`chat`&&n(e.id));return[...r.filter(e=>e.owner===`alias`||e.owner===`route`),...r.filter(e=>e.owner!==`alias`&&e.owner!==`route`&&e.configured)].map(e=>e.id)}function k({of:i,onClose:o}){let s=c(`models:read`),u=a(`/api/v1/models`,{},s&&i!==null).data??[],d=i?O(u,i.models):[],[f,p]=(0,h.useState)(null),g=f&&d.includes(f)?f:d[0]??`MODEL`;return(0,E.jsx)(l,{open:i!==null,onClose:o,title:`The key ${i?.name??``}`,wide:!0,children:i?(0,E.jsxs)(`div`,{className:`space-y-4`,children:[(0,E.jsx)(r,{tone:`warn`,children:`Copy it now: the gateway keeps only its digest and cannot show it again.`}),(0,E.jsx)(m,{text:i.key,label:`the key`}),(0,E.jsx)(`div`,{className:`max-w-64`,children:(0,E.jsx)(n,{label:`Model in the snippets`,value:g,options:(d.length>0?d:[`MODEL`]).map(e=>({value:e,label:e})),onChange:e=>p(e.target.value)})}),(0,E.jsx)(D,{apiKey:i.key,model:g}),(0,E.jsxs)(`div`,{className:`flex flex-wrap justify-end gap-2`,children:[(0,E.jsx)(e,{to:`/requests`,search:{key:i.id,live:`1`},onClick:o,className:`inline-flex h-8.5 items-center rounded-md border border-line-strong px-3 font-medium hover:bg-sunken`,children:`Watch its requests`}),(0,E.jsx)(t,{look:`primary`,onClick:o,children:`I have copied it`})]})]}):null})}export{O as n,D as r,k as t};