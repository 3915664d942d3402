// Guardrails: what each looks for and does, those of the API added, changed and removed, and a playground that shows a text to them.
import { getRouteApi } from "@tanstack/react-router";
import { useRef, useState } from "react";
import { remove, useRenew } from "@/api/change";
import { useAll } from "@/api/lists";
import { useMayAtGateway } from "@/api/permissions";
import type { ManagedGuardrail } from "@/api/types";
import { Button } from "@/ui/button";
import { Confirm } from "@/ui/overlays";
import { Empty, Failed, Loading, PageHead, Panel } from "@/ui/panels";
import { GuardrailCard } from "./GuardrailCard";
import { GuardrailForm, PATH } from "./GuardrailForm";
import { Playground } from "./Playground";

const page = getRouteApi("/guardrails");
/** Until a dialog that closes has given the focus back. */
const SETTLED_MS = 60;

/** The page. */
export function Guardrails() {
  const search = page.useSearch();
  const navigate = page.useNavigate();
  const set = (change: Partial<typeof search>) => void navigate({ search: (old) => ({ ...old, ...change }), resetScroll: false });
  const guardrails = useAll<ManagedGuardrail>(PATH);
  const writes = useMayAtGateway("guardrails:write");
  const renew = useRenew();
  const [gone, setGone] = useState<ManagedGuardrail | null>(null);
  const trial = useRef<HTMLDivElement>(null);
  const all = guardrails.data ?? [];
  const usable = all.filter((one) => !one.problem);
  const edited = all.find((one) => one.name === search.edit && one.source === "api") ?? null;
  const tryIt = (name: string, side: string) => {
    set({ only: name, side: side === "response" ? side : undefined, add: undefined, edit: undefined });
    window.setTimeout(() => {
      trial.current?.scrollIntoView({ block: "start" });
      trial.current?.querySelector("textarea")?.focus({ preventScroll: true });
    }, SETTLED_MS);
  };
  return (
    <>
      <PageHead title="Guardrails" about="What is looked for in requests and answers, and what becomes of a finding.">
        {writes ? (
          <Button look="primary" icon="plus" onClick={() => set({ add: "1" })}>
            Add a guardrail
          </Button>
        ) : null}
      </PageHead>
      {guardrails.isPending ? <Panel><Loading rows={6} /></Panel> : null}
      {guardrails.isError ? <Panel><Failed error={guardrails.error} retry={() => void guardrails.refetch()} /></Panel> : null}
      {guardrails.data?.length === 0 ? (
        <Panel>
          <Empty icon="guardrail" title="No guardrail yet">
            {writes ? <Button onClick={() => set({ add: "1" })}>Add the first one</Button> : "Whoever manages this gateway adds them."}
          </Empty>
        </Panel>
      ) : null}
      <ul className="mb-4 grid items-start gap-3 sm:grid-cols-2 xl:grid-cols-3 2xl:grid-cols-4">
        {all.map((one) => (
          <GuardrailCard key={`${one.source} ${one.name}`} of={one} marked={search.only === one.name} writes={writes} onEdit={() => set({ edit: one.name })} onRemove={() => setGone(one)} onTry={() => tryIt(one.name, one.on.includes("request") ? "request" : "response")} />
        ))}
      </ul>
      <div ref={trial} className="scroll-mt-4">{usable.length > 0 ? <Playground of={usable} /> : null}</div>
      {writes ? <GuardrailForm open={search.add !== undefined || edited !== null} of={edited} known={all} onClose={() => set({ add: undefined, edit: undefined })} onTry={tryIt} /> : null}
      <Confirm
        open={gone !== null}
        onClose={() => setGone(null)}
        title={`Remove ${gone?.name ?? ""}?`}
        action="Remove"
        onConfirm={async () => {
          await remove(`${PATH}/${encodeURIComponent(gone?.name ?? "")}`, undefined, gone?.revision);
          await renew(PATH);
          if (search.only === gone?.name) set({ only: undefined });
        }}
      >
        Nobody's calls are looked at by it any more. Its secrets are gone for good.
      </Confirm>
    </>
  );
}
