// Snippets for the usual clients: tabs in groups, beside the text where there is room.
import { Tabs } from "radix-ui";
import { CodeBlock } from "@/ui/code";
import { type Group, snippets } from "./snippets";

const GROUPS: Group[] = ["SDKs", "Frameworks", "Agents and editors"];

/** The tabs; `client` and `onClient` where the page keeps the choice in its address. */
export function Snippets({ apiKey, model, client, onClient }: { apiKey: string; model: string; client?: string; onClient?: (id: string) => void }) {
  const all = snippets({ base: window.location.origin, key: apiKey, model });
  const control = onClient ? { value: client ?? "curl", onValueChange: onClient } : { defaultValue: "curl" };
  return (
    <Tabs.Root {...control} orientation="vertical" className="grid gap-x-4 gap-y-3 sm:grid-cols-[11rem_minmax(0,1fr)]">
      <Tabs.List aria-label="Client" className="flex gap-1 max-sm:overflow-x-auto max-sm:pb-1 sm:flex-col">
        {GROUPS.map((group) => (
          <div key={group} role="presentation" className="contents sm:block sm:pb-1.5">
            <div role="presentation" className="px-2.5 pb-0.5 text-[0.78rem] font-medium tracking-wide text-faint uppercase max-sm:hidden">
              {group}
            </div>
            {all
              .filter((one) => one.group === group)
              .map((one) => (
                <Tabs.Trigger key={one.id} value={one.id} className="h-7 shrink-0 rounded-md px-2.5 text-left text-soft hover:bg-sunken data-[state=active]:bg-accent-soft data-[state=active]:font-medium data-[state=active]:text-accent-strong sm:block sm:w-full">
                  {one.label}
                </Tabs.Trigger>
              ))}
          </div>
        ))}
      </Tabs.List>
      <div className="min-w-0">
        {all.map((one) => (
          <Tabs.Content key={one.id} value={one.id}>
            <p className="mb-2 min-h-7 text-soft sm:pt-0.5">{one.about}</p>
            <CodeBlock text={one.text} label={`${one.label} snippet`} high />
          </Tabs.Content>
        ))}
      </div>
    </Tabs.Root>
  );
}
