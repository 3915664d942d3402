// What the gateway is set to: every plain setting by section, found by words, with those that can be changed while it runs.
import { getRouteApi } from "@tanstack/react-router";
import { useAll } from "@/api/lists";
import { useMayAtGateway } from "@/api/permissions";
import type { Setting } from "@/api/types";
import { Button } from "@/ui/button";
import { useNow } from "@/ui/clock";
import { Segments } from "@/ui/controls";
import { SelectField, TextField } from "@/ui/fields";
import { count } from "@/ui/format";
import { Empty, Failed, Loading, Panel } from "@/ui/panels";
import { SettingRow } from "./Setting";
import { fitting, PATH, sections, SHOWN, type Shown, titleOf } from "./settings";

const page = getRouteApi("/settings");
type Section = { section: string; rows: Setting[] };

/** The sections at the side, where there is room for it. */
function Contents({ of, chosen, onChoose }: { of: Section[]; chosen: string | undefined; onChoose: (section: string | undefined) => void }) {
  const all = of.reduce((sum, { rows }) => sum + rows.length, 0);
  const entry = (section: string | undefined, label: string, number: number) => (
    <li key={label}>
      <button type="button" aria-current={section === chosen || undefined} onClick={() => onChoose(section)} className={`flex h-8 w-full items-center justify-between rounded-md px-2.5 ${section === chosen ? "bg-accent-soft font-medium text-accent-strong" : "text-soft hover:bg-sunken hover:text-ink"}`}>
        {label}
        <span className="num text-[0.86rem]">{count(number)}</span>
      </button>
    </li>
  );
  return (
    <nav aria-label="Sections" className="sticky top-0 hidden lg:block">
      <ul>
        {entry(undefined, "All sections", all)}
        {of.map(({ section, rows }) => entry(section, titleOf(section), rows.length))}
      </ul>
    </nav>
  );
}

/** The tab. */
export function GatewaySettings() {
  const search = page.useSearch();
  const navigate = page.useNavigate();
  const set = (change: Partial<typeof search>, replace = false) => void navigate({ search: (old) => ({ ...old, ...change }), replace, resetScroll: false });
  const settings = useAll<Setting>(PATH);
  const writes = useMayAtGateway("settings:write");
  const now = useNow();
  const shown: Shown = search.show === "given" || search.show === "changeable" ? search.show : "all";
  if (settings.isPending) return <Panel><Loading rows={10} /></Panel>;
  if (settings.isError) return <Panel><Failed error={settings.error} retry={() => void settings.refetch()} /></Panel>;
  const found = sections(fitting(settings.data, search.find ?? "", shown));
  const here = found.filter(({ section }) => search.section === undefined || section === search.section);
  const options = [{ value: "", label: "All sections" }, ...sections(settings.data).map(({ section }) => ({ value: section, label: titleOf(section) }))];
  return (
    <>
      <div className="mb-4 flex flex-wrap items-center gap-2">
        <div className="w-full sm:w-72">
          <TextField label="Find a setting" hideLabel type="search" placeholder="Name, description or value" value={search.find ?? ""} onChange={(event) => set({ find: event.target.value || undefined }, true)} />
        </div>
        <Segments label="Which settings" value={shown} options={(Object.keys(SHOWN) as Shown[]).map((value) => ({ value, label: SHOWN[value] }))} onChange={(value) => set({ show: value === "all" ? undefined : value })} />
        <div className="w-full sm:w-56 lg:hidden">
          <SelectField label="Section" hideLabel value={search.section ?? ""} options={options} onChange={(event) => set({ section: event.target.value || undefined })} />
        </div>
      </div>
      <div className="grid items-start gap-4 lg:grid-cols-[12rem_minmax(0,1fr)]">
        <Contents of={found} chosen={search.section} onChoose={(section) => set({ section })} />
        <div className="min-w-0 space-y-4">
          {here.length === 0 ? (
            <Panel>
              <Empty icon="settings" title="No setting fits">
                <Button onClick={() => set({ find: undefined, show: undefined, section: undefined })}>Show all</Button>
              </Empty>
            </Panel>
          ) : null}
          {here.map(({ section, rows }) => (
            <Panel key={section} title={titleOf(section)} flush>
              <ul className="divide-y divide-line">
                {rows.map((one) => (
                  <SettingRow key={one.id} of={one} now={now} writes={writes} editing={writes && search.edit === one.id} onEdit={() => set({ edit: one.id }, true)} onClose={() => set({ edit: undefined }, true)} />
                ))}
              </ul>
            </Panel>
          ))}
        </div>
      </div>
    </>
  );
}
