// What models cost from when on, and past calls that are to cost something else.
import { getRouteApi } from "@tanstack/react-router";
import { useCallback, useState } from "react";
import { useMay } from "@/api/permissions";
import { Button } from "@/ui/button";
import { Segments } from "@/ui/controls";
import { PageHead } from "@/ui/panels";
import { HistoryTab } from "./HistoryTab";
import { RecostingDrawer } from "./RecostingDrawer";
import { RecostingForm } from "./RecostingForm";
import type { Recosting } from "./recostings";
import { RecostingsTab, useRecostings } from "./RecostingsTab";

const page = getRouteApi("/prices");

/** Past calls, for whoever may see what became of them. */
function PastCalls({ shown }: { shown: boolean }) {
  const search = page.useSearch();
  const navigate = page.useNavigate();
  const writes = useMay("recostings:write");
  const list = useRecostings();
  const [like, setLike] = useState<Recosting | undefined>(undefined);
  const set = (change: Partial<typeof search>) => void navigate({ search: (old) => ({ ...old, ...change }) });
  const onOpen = useCallback((id: string) => void navigate({ search: (old) => ({ ...old, tab: "calls", open: id, create: undefined }) }), [navigate]);
  const close = () => {
    setLike(undefined);
    set({ create: undefined, provider: undefined, upstream: undefined });
  };
  return (
    <>
      {shown ? <RecostingsTab of={list} onOpen={onOpen} onCreate={writes ? () => set({ create: "1" }) : undefined} /> : null}
      {search.create !== undefined && writes ? (
        <RecostingForm
          preset={{ provider: search.provider, upstream: search.upstream }}
          like={like}
          open={list.open}
          onClose={close}
          onMade={(made) => {
            setLike(undefined);
            set({ tab: "calls", open: made.id, create: undefined, provider: undefined, upstream: undefined });
          }}
          onOpen={onOpen}
        />
      ) : null}
      <RecostingDrawer
        id={search.open}
        onClose={() => set({ open: undefined })}
        onOther={onOpen}
        onAgain={(of) => {
          setLike(of);
          set({ open: undefined, create: "1" });
        }}
      />
    </>
  );
}

/** The page. */
export function Prices() {
  const search = page.useSearch();
  const navigate = page.useNavigate();
  const sees = useMay("recostings:read");
  const writes = useMay("recostings:write");
  const tab = search.tab === "calls" && sees ? "calls" : "models";
  const set = (change: Partial<typeof search>) => void navigate({ search: (old) => ({ ...old, ...change }) });
  return (
    <>
      <PageHead title="Prices" about="What models cost from when on, and past calls that were counted at a wrong price.">
        {writes ? (
          <Button look="primary" icon="refresh" onClick={() => set({ create: "1" })}>
            Correct past calls
          </Button>
        ) : null}
      </PageHead>
      {sees ? (
        <div className="mb-3">
          <Segments label="Shown" value={tab} options={[{ value: "models", label: "Models" }, { value: "calls", label: "Past calls" }]} onChange={(value) => set({ tab: value === "models" ? undefined : value, open: undefined })} />
        </div>
      ) : null}
      {tab === "models" ? <HistoryTab model={search.model} onModel={(model) => set({ model })} onCorrect={writes ? ({ provider, upstream }) => set({ create: "1", provider, upstream }) : undefined} /> : null}
      {sees ? <PastCalls shown={tab === "calls"} /> : null}
    </>
  );
}
