// The picture of a route: nodes with their ways, which are drawn by pulling from a node's edge to another node.
import { Background, type Connection, Controls, type Edge, Handle, type Node, type NodeProps, Position, ReactFlow, useNodesState } from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import { useEffect, useMemo } from "react";
import type { RouteDocument, RouteNode } from "@/api/types";
import { useTheme } from "@/shell/theme";
import { words } from "@/ui/format";
import { connect, layout, type Port, ports, summary } from "./graph";

type Data = { name: string; node: RouteNode; start: boolean; onWay: number | null; faulty: boolean };
type Shown = Node<Data, "step">;

const EDGES: Record<string, string> = {
  condition: "border-l-(--c-series-3)",
  percentage: "border-l-(--c-series-4)",
  rate_limit: "border-l-(--c-series-5)",
  budget_limit: "border-l-(--c-series-5)",
  model: "border-l-(--c-series-2)",
  end: "border-l-(--c-bad)",
};

function Step({ data, selected }: NodeProps<Shown>) {
  const ways = ports(data.node);
  return (
    <div className={`w-52 rounded-md border border-l-4 bg-panel text-ink shadow-panel ${EDGES[data.node.type] ?? ""} ${selected ? "border-accent" : data.faulty ? "border-bad" : "border-line-strong"} ${data.onWay !== null ? "ring-2 ring-accent" : ""}`}>
      <Handle type="target" position={Position.Left} className="!size-2.5 !rounded-full !border-0 !bg-line-strong" />
      <div className="flex items-center gap-1.5 px-2.5 pt-1.5">
        <span className="truncate font-semibold">{data.name}</span>
        {data.start ? <span className="rounded bg-accent-soft px-1 text-[0.78rem] text-accent-strong">start</span> : null}
        {data.onWay !== null ? <span className="ml-auto rounded-full bg-accent px-1.5 text-[0.78rem] text-on-accent">{data.onWay + 1}</span> : null}
      </div>
      <div className="px-2.5 text-[0.82rem] text-faint">{words(data.node.type)}</div>
      <div className="truncate px-2.5 pb-1.5 font-mono text-[0.82rem]" title={summary(data.node)}>
        {summary(data.node)}
      </div>
      {ways.length > 0 ? (
        <ul className="border-t border-line">
          {ways.map((way) => (
            <li key={way.id} className="relative px-2.5 py-0.5 text-right text-[0.8rem] text-soft">
              {way.label}
              <Handle id={way.id} type="source" position={Position.Right} className="!size-2.5 !rounded-full !border-0 !bg-accent" />
            </li>
          ))}
        </ul>
      ) : null}
    </div>
  );
}

const NODE_KINDS = { step: Step };

function edgesOf(document: RouteDocument, way: string[]): Edge[] {
  return Object.entries(document.nodes).flatMap(([name, node]) =>
    ports(node)
      .filter((port): port is Port & { to: string } => port.to !== null && port.to in document.nodes)
      .map((port) => {
        const taken = way.some((step, at) => step === name && way[at + 1] === port.to);
        return {
          id: `${name} ${port.id}`,
          source: name,
          sourceHandle: port.id,
          target: port.to,
          animated: taken,
          style: { stroke: taken ? "var(--c-accent)" : port.id === "next" ? "var(--c-faint)" : "var(--c-line-strong)", strokeWidth: taken ? 2.5 : 1.5, strokeDasharray: port.id === "next" ? "5 4" : undefined },
        };
      }),
  );
}

type Props = {
  document: RouteDocument;
  /** Nodes that a simulated request comes to, in order. */
  way: string[];
  faulty: string[];
  selected: string | undefined;
  onSelect: (name: string | undefined) => void;
  /** Without it the picture cannot be changed. */
  onChange?: (document: RouteDocument) => void;
};

/** The picture. */
export function Graph({ document, way, faulty, selected, onSelect, onChange }: Props) {
  const theme = useTheme();
  const [nodes, setNodes, onNodesChange] = useNodesState<Shown>([]);
  useEffect(() => {
    const places = layout(document);
    setNodes((before) => {
      const held = new Map(before.map((node) => [node.id, node]));
      return Object.entries(document.nodes).map(([name, node]): Shown => {
        const at = way.indexOf(name);
        const data = { name, node, start: document.start === name, onWay: at < 0 ? null : at, faulty: faulty.includes(name) };
        const old = held.get(name);
        return { id: name, type: "step", position: old?.position ?? places[name] ?? { x: 0, y: 0 }, data, selected: selected === name, ariaLabel: `${words(node.type)} ${name}: ${summary(node)}` };
      });
    });
  }, [document, way, faulty, selected, setNodes]);
  const edges = useMemo(() => edgesOf(document, way), [document, way]);
  const draw = ({ source, sourceHandle, target }: Connection) => {
    if (sourceHandle) onChange?.(connect(document, source, sourceHandle, target));
  };
  return (
    <ReactFlow
      aria-label="Graph of the route"
      nodes={nodes}
      edges={edges}
      nodeTypes={NODE_KINDS}
      colorMode={theme}
      onNodesChange={onNodesChange}
      onNodeClick={(_, node) => onSelect(node.id)}
      onPaneClick={() => onSelect(undefined)}
      onConnect={draw}
      onEdgesDelete={(gone) => {
        let next = document;
        for (const edge of gone) if (edge.sourceHandle) next = connect(next, edge.source, edge.sourceHandle, null);
        onChange?.(next);
      }}
      nodesConnectable={onChange !== undefined}
      edgesFocusable={onChange !== undefined}
      deleteKeyCode={onChange ? ["Delete", "Backspace"] : null}
      onBeforeDelete={async ({ nodes: gone, edges: cut }) => ({ nodes: gone.length > 0 ? [] : gone, edges: gone.length > 0 ? [] : cut })}
      fitView
      fitViewOptions={{ padding: 0.15, maxZoom: 1 }}
      minZoom={0.25}
      proOptions={{ hideAttribution: true }}
    >
      <Background gap={20} color="var(--c-line)" />
      <Controls showInteractive={false} />
    </ReactFlow>
  );
}
