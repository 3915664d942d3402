// The settings of one node of a route.
import { useEffect, useState } from "react";
import type { RouteDocument, RouteNode } from "@/api/types";
import { Button, IconButton } from "@/ui/button";
import { SelectField, TextArea, TextField } from "@/ui/fields";
import { words } from "@/ui/format";
import { addNode, connect, type NodeType, NODE_TYPES, ports, removeNode, renameNode, setNode } from "./graph";

type Props = {
  document: RouteDocument;
  name: string;
  models: string[];
  fault: (pointer: string) => string | null;
  onChange: (document: RouteDocument, selected?: string) => void;
  onClose: () => void;
};

const BY = ["route", "key", "team", "user", "customer", "session"];
const STICKY = ["key", "user", "customer", "session", "prefix"];
const options = (values: string[]) => values.map((value) => ({ value, label: value }));

function Settings({ node, models, at, fault, put }: { node: RouteNode; models: string[]; at: string; fault: Props["fault"]; put: (change: RouteNode) => void }) {
  const value = (name: string) => (node[name] === undefined || node[name] === null ? "" : String(node[name]));
  const set = (name: string, next: unknown) => put({ ...node, [name]: next });
  const number = (text: string) => (text === "" ? undefined : Number(text));
  if (node.type === "condition") {
    return <TextArea label="When" rows={3} className="font-mono" value={value("when")} onChange={(event) => set("when", event.target.value)} hint='such as "vip" in tags or request.estimated_tokens > 8000' fault={fault(`${at}/when`)} />;
  }
  if (node.type === "percentage") {
    const branches = (Array.isArray(node.branches) ? node.branches : []) as { percent: number; to?: string }[];
    const sum = branches.reduce((all, branch) => all + branch.percent, 0);
    return (
      <>
        <SelectField label="Who goes the same way" value={value("by") || "key"} options={options(STICKY)} onChange={(event) => set("by", event.target.value)} fault={fault(`${at}/by`)} />
        <fieldset>
          <legend className="mb-1 font-medium">Branches</legend>
          <div className="space-y-2">
            {branches.map((branch, place) => (
              <div key={place} className="flex items-start gap-2">
                <div className="flex-1">
                  <TextField label={`Percent of branch ${place + 1}`} hideLabel type="number" min={0} max={100} step="any" value={branch.percent} onChange={(event) => set("branches", branches.map((one, other) => (other === place ? { ...one, percent: Number(event.target.value) } : one)))} />
                </div>
                <IconButton icon="trash" label={`Remove branch ${place + 1}`} onClick={() => set("branches", branches.filter((_, other) => other !== place))} />
              </div>
            ))}
            <Button small icon="plus" onClick={() => set("branches", [...branches, { percent: Math.max(0, 100 - sum) }])}>
              Add a branch
            </Button>
            {sum === 100 ? null : <p className="text-[0.9rem] text-bad">The shares come to {sum} %, not 100.</p>}
          </div>
        </fieldset>
      </>
    );
  }
  if (node.type === "rate_limit") {
    const limit = (node.limit ?? {}) as { requests?: number; tokens?: number; per_seconds?: number };
    const unit = limit.tokens === undefined ? "requests" : "tokens";
    return (
      <>
        <div className="grid grid-cols-2 gap-3">
          <TextField label="At most" type="number" min={1} value={limit[unit] ?? ""} onChange={(event) => set("limit", { ...limit, [unit]: number(event.target.value) })} fault={fault(`${at}/limit`)} />
          <SelectField label="Of" value={unit} options={options(["requests", "tokens"])} onChange={(event) => set("limit", { [event.target.value]: limit[unit], per_seconds: limit.per_seconds })} />
        </div>
        <TextField label="In seconds" type="number" min={1} value={limit.per_seconds ?? ""} onChange={(event) => set("limit", { ...limit, per_seconds: number(event.target.value) })} fault={fault(`${at}/limit/per_seconds`)} />
        <SelectField label="Counted for each" value={value("by") || "route"} options={options(BY)} onChange={(event) => set("by", event.target.value)} fault={fault(`${at}/by`)} />
        <SelectField label="With several gateways" value={value("mode") || "strict"} options={options(["strict", "leased", "local"])} onChange={(event) => set("mode", event.target.value)} hint="on one Redis: exact, in leased blocks, or each for itself" fault={fault(`${at}/mode`)} />
        <SelectField label="While Redis does not answer" value={value("on_unavailable") || "local"} options={options(["local", "closed", "open"])} onChange={(event) => set("on_unavailable", event.target.value)} fault={fault(`${at}/on_unavailable`)} />
      </>
    );
  }
  if (node.type === "budget_limit") {
    return (
      <>
        <TextField label="Dollars" inputMode="decimal" value={value("limit_usd")} onChange={(event) => set("limit_usd", event.target.value)} fault={fault(`${at}/limit_usd`)} />
        <SelectField label="In each" value={value("period") || "day"} options={options(["day", "week", "month", "total"])} onChange={(event) => set("period", event.target.value)} fault={fault(`${at}/period`)} />
        <SelectField label="Counted for each" value={value("by") || "route"} options={options(BY)} onChange={(event) => set("by", event.target.value)} fault={fault(`${at}/by`)} />
      </>
    );
  }
  if (node.type === "model") {
    return (
      <>
        <TextField label="Model" list="route-models" value={value("model")} onChange={(event) => set("model", event.target.value)} hint="an alias, or provider/model" fault={fault(`${at}/model`)} />
        <datalist id="route-models">{models.map((name) => <option key={name} value={name} />)}</datalist>
      </>
    );
  }
  return (
    <>
      <TextField label="Status" type="number" min={400} max={599} value={value("status")} onChange={(event) => set("status", number(event.target.value))} fault={fault(`${at}/status`)} />
      <TextField label="Message" value={value("message")} onChange={(event) => set("message", event.target.value)} fault={fault(`${at}/message`)} />
    </>
  );
}

/** The panel beside the picture. */
export function Inspector({ document, name, models, fault, onChange, onClose }: Props) {
  const [typed, setTyped] = useState(name);
  useEffect(() => setTyped(name), [name]);
  const node = document.nodes[name];
  if (!node) return null;
  const at = `/nodes/${name}`;
  const others = Object.keys(document.nodes).filter((other) => other !== name);
  const rename = () => {
    const next = renameNode(document, name, typed.trim());
    if (next) onChange(next, typed.trim());
    else setTyped(name);
  };
  return (
    <div className="space-y-4">
      <div className="flex items-center justify-between gap-2">
        <h2 className="font-semibold">{words(node.type)}</h2>
        <IconButton icon="close" label="Close the node" onClick={onClose} />
      </div>
      {fault(at) ? <p className="text-bad">{fault(at)}</p> : null}
      <TextField label="Name" value={typed} onChange={(event) => setTyped(event.target.value)} onBlur={rename} onKeyDown={(event) => event.key === "Enter" && rename()} />
      <Settings node={node} models={models} at={at} fault={fault} put={(next) => onChange(setNode(document, name, next))} />
      {ports(node).map((port) => (
        <SelectField
          key={port.id}
          label={`${port.label[0]?.toUpperCase()}${port.label.slice(1)} leads to`}
          value={port.to ?? ""}
          options={[{ value: "", label: port.id === "next" || port.id === "exceeded" || port.id === "over" ? "nowhere: refused" : "choose a node" }, ...options(others)]}
          onChange={(event) => onChange(connect(document, name, port.id, event.target.value || null))}
          fault={fault(port.id.startsWith("branch:") ? `${at}/branches/${port.id.slice(7)}/to` : `${at}/${port.id}`)}
        />
      ))}
      <div className="flex flex-wrap gap-2 border-t border-line pt-4">
        {document.start === name ? null : <Button onClick={() => onChange({ ...document, start: name })}>Start here</Button>}
        <Button look="danger" icon="trash" disabled={others.length === 0} onClick={() => onChange(removeNode(document, name), "")}>
          Remove
        </Button>
      </div>
    </div>
  );
}

/** The buttons that add a node. */
export function AddNode({ document, onChange }: { document: RouteDocument; onChange: Props["onChange"] }) {
  const add = (type: NodeType) => {
    const made = addNode(document, type);
    onChange(made.document, made.name);
  };
  return (
    <div role="group" aria-label="Add a node" className="flex flex-wrap gap-1.5">
      {NODE_TYPES.map((type) => (
        <Button key={type} small icon="plus" onClick={() => add(type)}>
          {words(type)}
        </Button>
      ))}
    </div>
  );
}
