// A card of what stands in the configuration file or is managed here, a provider or an alias: its head, and why it is not in force.
import type { ReactNode } from "react";
import { Menu } from "@/ui/overlays";
import { Badge, Note } from "@/ui/panels";

type Props = {
  name: string;
  about: string;
  /** It stands in the file, and is changed there. */
  ofFile: boolean;
  /** It was made here, and can be changed by whoever may. */
  managed: boolean;
  problem: string | null | undefined;
  /** How it does, where it is in force. */
  doing?: ReactNode;
  marked: boolean;
  onEdit: () => void;
  onRemove: () => void;
  children: ReactNode;
};

/** The card. */
export function ManagedCard({ name, about, ofFile, managed, problem, doing, marked, onEdit, onRemove, children }: Props) {
  return (
    <li className={`min-w-0 rounded-lg border bg-panel p-4 shadow-panel ${marked ? "border-accent" : "border-line"}`}>
      <div className="mb-2.5 flex items-start justify-between gap-2">
        <div className="min-w-0">
          <h2 className="truncate font-semibold" title={name}>{name}</h2>
          <p className="truncate text-[0.9rem] text-faint" title={about}>{about}</p>
        </div>
        <div className="flex shrink-0 items-center gap-1">
          {ofFile ? <Badge title="changed in the configuration file">file</Badge> : null}
          {problem ? <Badge tone="bad">not in force</Badge> : doing}
          {managed ? (
            <Menu
              label={`Actions for ${name}`}
              items={[
                { label: "Change", icon: "settings", onSelect: onEdit },
                { label: "Remove", icon: "trash", danger: true, onSelect: onRemove },
              ]}
            />
          ) : null}
        </div>
      </div>
      {problem ? <div className="mb-2.5"><Note tone="bad">{problem}</Note></div> : null}
      {children}
    </li>
  );
}
