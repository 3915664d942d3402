import { describe, expect, it } from "vitest";
import type { RouteDocument } from "@/api/types";
import { addNode, connect, layout, ports, removeNode, renameNode } from "./graph";

const route: RouteDocument = {
  start: "who",
  nodes: {
    who: { type: "condition", when: "true", then: "best", else: "split" },
    split: { type: "percentage", branches: [{ percent: 90, to: "usual" }, { percent: 10, to: "best" }] },
    best: { type: "model", model: "a", next: "usual", retry: { attempts: 2 } },
    usual: { type: "model", model: "b" },
  },
};

describe("a route as a graph", () => {
  it("has the ways of every type of node", () => {
    expect(ports(route.nodes.split ?? { type: "end" }).map(({ id, to }) => [id, to])).toEqual([["branch:0", "usual"], ["branch:1", "best"]]);
    expect(ports({ type: "rate_limit", within: "a" }).map(({ id }) => id)).toEqual(["within", "exceeded"]);
    expect(ports({ type: "end" })).toEqual([]);
  });
  it("keeps settings that it does not know when a way changes", () => {
    const next = connect(route, "best", "next", null);
    expect(next.nodes.best).toEqual({ type: "model", model: "a", retry: { attempts: 2 } });
    expect(connect(route, "split", "branch:1", "usual").nodes.split?.branches).toEqual([{ percent: 90, to: "usual" }, { percent: 10, to: "usual" }]);
  });
  it("renames a node with all ways to it, and not to a name that is taken", () => {
    const next = renameNode(route, "usual", "normal");
    expect(next?.nodes.best?.next).toBe("normal");
    expect(next?.nodes.split?.branches).toEqual([{ percent: 90, to: "normal" }, { percent: 10, to: "best" }]);
    expect(renameNode(route, "usual", "best")).toBeNull();
    expect(renameNode(route, "usual", "a b")).toBeNull();
    expect(renameNode(route, "who", "first")?.start).toBe("first");
  });
  it("removes a node and the ways to it", () => {
    const next = removeNode(route, "best");
    expect(next.nodes.who?.then).toBeUndefined();
    expect(Object.keys(next.nodes)).toEqual(["who", "split", "usual"]);
  });
  it("adds nodes under free names", () => {
    const first = addNode(route, "end");
    expect([first.name, addNode(first.document, "end").name]).toEqual(["end_1", "end_2"]);
  });
  it("puts nodes to the right of those that lead to them, also where a document has a circle", () => {
    const places = layout(route);
    expect((places.usual?.x ?? 0) > (places.best?.x ?? 0) && (places.best?.x ?? 0) > (places.split?.x ?? 0)).toBe(true);
    expect(Object.keys(layout(connect(route, "usual", "next", "who")))).toHaveLength(4);
    expect(layout({ start: "gone", nodes: { a: { type: "end" } } }).a).toBeDefined();
  });
});
