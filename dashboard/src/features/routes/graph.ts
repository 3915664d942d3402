// A route's document as a graph: its ways, where its nodes stand, and edits that give a new document. Pure.
import type { RouteDocument, RouteNode } from "@/api/types";

export const NODE_TYPES = ["condition", "percentage", "rate_limit", "budget_limit", "model", "end"] as const;
export type NodeType = (typeof NODE_TYPES)[number];

/** A way out of a node. `id` says which; `to` is the node that it leads to. */
export type Port = { id: string; label: string; to: string | null };

type Branch = { percent: number; to?: string };

const branches = (node: RouteNode): Branch[] => (Array.isArray(node.branches) ? (node.branches as Branch[]) : []);
const text = (value: unknown): string | null => (typeof value === "string" && value !== "" ? value : null);
const named = (node: RouteNode, id: string, label = id): Port => ({ id, label, to: text(node[id]) });

/** The ways out of a node. */
export function ports(node: RouteNode): Port[] {
  switch (node.type) {
    case "condition":
      return [named(node, "then"), named(node, "else")];
    case "percentage":
      return branches(node).map((branch, at) => ({ id: `branch:${at}`, label: `${branch.percent} %`, to: text(branch.to) }));
    case "rate_limit":
      return [named(node, "within"), named(node, "exceeded")];
    case "budget_limit":
      return [named(node, "within"), named(node, "over")];
    case "model":
      return [named(node, "next", "on failure")];
    default:
      return [];
  }
}

/** What a node does, in a line. */
export function summary(node: RouteNode): string {
  const limit = node.limit as { requests?: number; tokens?: number; per_seconds?: number } | undefined;
  switch (node.type) {
    case "condition":
      return text(node.when) ?? "no condition yet";
    case "percentage":
      return `by ${text(node.by) ?? "key"}`;
    case "rate_limit":
      return limit ? `${limit.requests ?? limit.tokens ?? "?"} ${limit.tokens === undefined ? "requests" : "tokens"} in ${limit.per_seconds ?? "?"} s` : "no limit yet";
    case "budget_limit":
      return `$${String(node.limit_usd ?? "?")} a ${String(node.period ?? "month")}`;
    case "model":
      return text(node.model) ?? "no model yet";
    default:
      return `${String(node.status ?? 503)} ${text(node.message) ?? ""}`.trim();
  }
}

/** Lets a way lead elsewhere, or nowhere. */
export function connect(document: RouteDocument, from: string, port: string, to: string | null): RouteDocument {
  const node = document.nodes[from];
  if (!node) return document;
  const next: RouteNode = { ...node };
  if (port.startsWith("branch:")) {
    const at = Number(port.slice(7));
    next.branches = branches(node).map((branch, place) => (place === at ? { ...branch, to: to ?? undefined } : branch));
  } else if (to === null) {
    delete next[port];
  } else {
    next[port] = to;
  }
  return { ...document, nodes: { ...document.nodes, [from]: next } };
}

/** Puts other settings into a node. */
export const setNode = (document: RouteDocument, name: string, node: RouteNode): RouteDocument => ({ ...document, nodes: { ...document.nodes, [name]: node } });

const FRESH: Record<NodeType, () => RouteNode> = {
  condition: () => ({ type: "condition", when: '"vip" in tags' }),
  percentage: () => ({ type: "percentage", by: "key", branches: [{ percent: 50 }, { percent: 50 }] }),
  rate_limit: () => ({ type: "rate_limit", limit: { requests: 60, per_seconds: 60 }, by: "key" }),
  budget_limit: () => ({ type: "budget_limit", limit_usd: "10", period: "day", by: "route" }),
  model: () => ({ type: "model", model: "" }),
  end: () => ({ type: "end", status: 429, message: "not now" }),
};

/** Adds a node under a name that is free. */
export function addNode(document: RouteDocument, type: NodeType): { document: RouteDocument; name: string } {
  let number = 1;
  while (`${type}_${number}` in document.nodes) number += 1;
  const name = `${type}_${number}`;
  return { name, document: setNode(document, name, FRESH[type]()) };
}

/** Renames a node and all ways to it. `null` where the name is taken or not one. */
export function renameNode(document: RouteDocument, from: string, to: string): RouteDocument | null {
  if (from === to) return document;
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(to) || to in document.nodes) return null;
  const nodes: Record<string, RouteNode> = {};
  for (const [name, node] of Object.entries(document.nodes)) nodes[name === from ? to : name] = node;
  let next: RouteDocument = { ...document, nodes, start: document.start === from ? to : document.start };
  for (const [name, node] of Object.entries(nodes)) for (const port of ports(node)) if (port.to === from) next = connect(next, name, port.id, to);
  return next;
}

/** Takes a node out, and the ways to it. */
export function removeNode(document: RouteDocument, gone: string): RouteDocument {
  const nodes = Object.fromEntries(Object.entries(document.nodes).filter(([name]) => name !== gone));
  let next: RouteDocument = { ...document, nodes, start: document.start === gone ? (Object.keys(nodes)[0] ?? "") : document.start };
  for (const [name, node] of Object.entries(nodes)) for (const port of ports(node)) if (port.to === gone) next = connect(next, name, port.id, null);
  return next;
}

const COLUMN_PX = 270;
const ROW_PX = 128;

/** Where nodes stand: as far to the right as their longest way from the start, each below its column's one before. */
export function layout(document: RouteDocument): Record<string, { x: number; y: number }> {
  const names = Object.keys(document.nodes);
  const depth = new Map<string, number>([[document.start, 0]]);
  // A graph without a circle is settled after as many rounds as it has nodes; one with a circle is stopped there.
  for (let round = 0; round < names.length; round += 1) {
    let moved = false;
    for (const name of names) {
      const at = depth.get(name);
      if (at === undefined) continue;
      for (const { to } of ports(document.nodes[name] as RouteNode)) {
        if (to === null || !(to in document.nodes) || (depth.get(to) ?? -1) > at || at + 1 >= names.length) continue;
        depth.set(to, at + 1);
        moved = true;
      }
    }
    if (!moved) break;
  }
  const rows = new Map<number, number>();
  const places: Record<string, { x: number; y: number }> = {};
  const last = Math.max(0, ...depth.values());
  for (const name of orderOf(document)) {
    const column = depth.get(name) ?? last + 1;
    const row = rows.get(column) ?? 0;
    rows.set(column, row + 1);
    places[name] = { x: column * COLUMN_PX, y: row * ROW_PX };
  }
  for (const name of names) {
    const column = depth.get(name) ?? last + 1;
    const place = places[name];
    if (place) place.y -= (((rows.get(column) ?? 1) - 1) * ROW_PX) / 2;
  }
  return places;
}

/** Names as one meets them from the start on, then those that no way leads to. */
function orderOf(document: RouteDocument): string[] {
  const seen = new Set<string>();
  const queue = [document.start];
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    const node = document.nodes[name];
    if (node === undefined || seen.has(name)) continue;
    seen.add(name);
    for (const { to } of ports(node)) if (to !== null) queue.push(to);
  }
  return [...seen, ...Object.keys(document.nodes).filter((name) => !seen.has(name))];
}
