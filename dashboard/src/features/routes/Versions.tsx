// The versions of a route, and the way back to one of them.
import { useState } from "react";
import { post, useRenew } from "@/api/change";
import { useAll } from "@/api/lists";
import { useMay } from "@/api/permissions";
import type { Route, RouteVersion } from "@/api/types";
import { ChangeList } from "@/features/audit/ChangeList";
import { changes } from "@/features/audit/changes";
import { Button } from "@/ui/button";
import { CodeBlock } from "@/ui/code";
import { moment } from "@/ui/format";
import { Confirm } from "@/ui/overlays";
import { Badge, Failed, Loading, Panel } from "@/ui/panels";
import { toast } from "@/ui/toast";

/** What another version would change of the one in force. */
function Differs({ from, to }: { from: RouteVersion; to: RouteVersion }) {
  const rows = changes(from.document, to.document);
  if (rows.length === 0) return <p className="mt-1 text-soft">The same as the version in force.</p>;
  return (
    <details className="mt-1">
      <summary className="cursor-pointer text-soft">
        {rows.length === 1 ? "One place differs" : `${rows.length} places differ`} from the version in force
      </summary>
      <div className="mt-2">
        <ChangeList rows={rows} />
      </div>
    </details>
  );
}

/** The view. */
export function Versions({ route }: { route: Route }) {
  const path = `/api/v1/routes/${route.id}`;
  const writes = useMay("routes:write");
  const renew = useRenew();
  const [back, setBack] = useState<RouteVersion | null>(null);
  const versions = useAll<RouteVersion>(`${path}/versions`);
  const list = [...(versions.data ?? [])].sort((a, b) => b.number - a.number);
  return (
    <Panel flush>
      {versions.isPending ? <Loading rows={4} /> : null}
      {versions.isError ? <Failed error={versions.error} /> : null}
      <ul className="divide-y divide-line">
        {list.map((version) => (
          <li key={version.number} className="px-4 py-3">
            <div className="flex flex-wrap items-center gap-2">
              <span className="font-semibold">Version {version.number}</span>
              <Badge tone={version.number === route.published?.number ? "good" : version.state === "draft" ? "warn" : "neutral"}>{version.number === route.published?.number ? "in force" : version.state}</Badge>
              <span className="text-soft">{version.note}</span>
              <span className="num ml-auto text-faint">
                {version.author}, {moment(version.published_at ?? version.created_at)}
              </span>
              {writes && version.published_at && version.number !== route.published?.number ? (
                <Button small onClick={() => setBack(version)}>
                  Roll back to it
                </Button>
              ) : null}
            </div>
            {route.published && version.number !== route.published.number ? <Differs from={route.published} to={version} /> : null}
            <details className="mt-1">
              <summary className="cursor-pointer text-soft">Its document</summary>
              <div className="mt-2">
                <CodeBlock text={JSON.stringify(version.document, null, 2)} label={`version ${version.number}`} high />
              </div>
            </details>
          </li>
        ))}
      </ul>
      <Confirm
        open={back !== null}
        onClose={() => setBack(null)}
        title={`Roll back to version ${back?.number ?? ""}?`}
        action="Roll back"
        onConfirm={async () => {
          await post(`${path}/rollback`, { version: back?.number });
          await renew("/api/v1/routes");
          toast(`Version ${back?.number} is in force again`);
        }}
      >
        Every request that starts from then on takes its way.
      </Confirm>
    </Panel>
  );
}
