// A new secret: shown this once, with snippets that have it in them.
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useAll } from "@/api/lists";
import { useMay } from "@/api/permissions";
import type { Model, NewKey } from "@/api/types";
import { Snippets } from "@/features/start/Snippets";
import { Button } from "@/ui/button";
import { CodeBlock } from "@/ui/code";
import { SelectField } from "@/ui/fields";
import { Dialog } from "@/ui/overlays";
import { Note } from "@/ui/panels";

/** The models of a list that a key may call and that chat, those of the configuration first. */
export function callable(models: Model[], allowed: string[]): string[] {
  const fits = (id: string) => allowed.some((one) => one === "*" || one === id || (one.endsWith("*") && id.startsWith(one.slice(0, -1))));
  const chat = models.filter((model) => model.mode === "chat" && fits(model.id));
  return [...chat.filter((model) => model.owner === "alias" || model.owner === "route"), ...chat.filter((model) => model.owner !== "alias" && model.owner !== "route" && model.configured)].map((model) => model.id);
}

/** The dialog; open while there is a key. */
export function ShownOnce({ of, onClose }: { of: NewKey | null; onClose: () => void }) {
  const sees = useMay("models:read");
  const models = useAll<Model>("/api/v1/models", {}, sees && of !== null).data ?? [];
  const names = of ? callable(models, of.models) : [];
  const [chosen, setChosen] = useState<string | null>(null);
  const model = chosen && names.includes(chosen) ? chosen : (names[0] ?? "MODEL");
  return (
    <Dialog open={of !== null} onClose={onClose} title={`The key ${of?.name ?? ""}`} wide>
      {of ? (
        <div className="space-y-4">
          <Note tone="warn">Copy it now: the gateway keeps only its digest and cannot show it again.</Note>
          <CodeBlock text={of.key} label="the key" />
          <div className="max-w-64">
            <SelectField label="Model in the snippets" value={model} options={(names.length > 0 ? names : ["MODEL"]).map((name) => ({ value: name, label: name }))} onChange={(event) => setChosen(event.target.value)} />
          </div>
          <Snippets apiKey={of.key} model={model} />
          <div className="flex flex-wrap justify-end gap-2">
            <Link to="/requests" search={{ key: of.id, live: "1" }} onClick={onClose} className="inline-flex h-8.5 items-center rounded-md border border-line-strong px-3 font-medium hover:bg-sunken">
              Watch its requests
            </Link>
            <Button look="primary" onClick={onClose}>
              I have copied it
            </Button>
          </div>
        </div>
      ) : null}
    </Dialog>
  );
}
