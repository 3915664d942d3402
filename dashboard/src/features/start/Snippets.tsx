// Snippets for the usual clients behind tabs.
import { Tabs } from "radix-ui";
import { CodeBlock } from "@/ui/code";
import { snippets } from "./snippets";

/** The tabs; `client` and `onClient` where the page keeps the choice in its address. */
export function Snippets({ apiKey, model, client, onClient }: { apiKey: string; model: string; client?: string; onClient?: (id: string) => void }) {
  const all = snippets({ base: window.location.origin, key: apiKey, model });
  const control = onClient ? { value: client ?? "curl", onValueChange: onClient } : { defaultValue: "curl" };
  return (
    <Tabs.Root {...control}>
      <Tabs.List aria-label="Client" className="mb-3 flex gap-1 overflow-x-auto pb-1">
        {all.map((one) => (
          <Tabs.Trigger key={one.id} value={one.id} className="h-7 shrink-0 rounded-md px-2.5 text-soft hover:bg-sunken data-[state=active]:bg-accent-soft data-[state=active]:font-medium data-[state=active]:text-accent-strong">
            {one.label}
          </Tabs.Trigger>
        ))}
      </Tabs.List>
      {all.map((one) => (
        <Tabs.Content key={one.id} value={one.id}>
          <p className="mb-2 text-soft">{one.about}</p>
          <CodeBlock text={one.text} label={`${one.label} snippet`} high />
        </Tabs.Content>
      ))}
    </Tabs.Root>
  );
}
