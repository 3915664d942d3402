// A text with what was found in it marked. Always as text.
import type { Finding } from "@/api/types";
import { words } from "@/ui/format";
import { pieces } from "./pieces";

/** The text. */
export function Marked({ text, findings }: { text: string; findings: Finding[] }) {
  return (
    <p className="rounded-md border border-line bg-raised p-3 leading-relaxed break-words whitespace-pre-wrap">
      {pieces(text, findings).map((piece, at) =>
        piece.kinds.length > 0 ? (
          <mark key={at} title={piece.kinds.map(words).join(", ")} className="rounded-sm bg-warn-soft text-warn underline decoration-dotted">
            {piece.text}
          </mark>
        ) : (
          piece.text
        ),
      )}
    </p>
  );
}
