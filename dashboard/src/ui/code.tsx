// Text to copy: secrets, snippets, JSON. Always as text: what a caller wrote is never taken for markup.
import { useEffect, useRef, useState } from "react";
import { Button, IconButton } from "./button";

/** Copies, also where the page came over plain HTTP and the browser keeps its clipboard back. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.setAttribute("readonly", "");
    area.className = "fixed top-0 opacity-0";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

/** A button that copies and says so. */
export function CopyButton({ text, label = "Copy", bare = false }: { text: string; label?: string; bare?: boolean }) {
  const [done, setDone] = useState(false);
  const timer = useRef<number>(undefined);
  useEffect(() => () => window.clearTimeout(timer.current), []);
  const copy = async () => {
    setDone(await copyText(text));
    window.clearTimeout(timer.current);
    timer.current = window.setTimeout(() => setDone(false), 1500);
  };
  return (
    <>
      {bare ? (
        <IconButton icon={done ? "check" : "copy"} label={done ? "Copied" : label} onClick={copy} />
      ) : (
        <Button small icon={done ? "check" : "copy"} onClick={copy}>
          {done ? "Copied" : label}
        </Button>
      )}
      <span role="status" className="sr-only">
        {done ? "Copied" : ""}
      </span>
    </>
  );
}

/** Text in a box, as it is, with a button to copy it. */
export function CodeBlock({ text, label, high = false }: { text: string; label: string; high?: boolean }) {
  return (
    <div className="relative rounded-md border border-line bg-raised">
      <div className="absolute top-1 right-1">
        <CopyButton bare text={text} label={`Copy ${label}`} />
      </div>
      <pre tabIndex={0} aria-label={label} className={`overflow-auto p-3 pr-10 font-mono text-[0.88rem] leading-relaxed whitespace-pre-wrap break-words ${high ? "max-h-[32rem]" : "max-h-72"}`}>
        {text}
      </pre>
    </div>
  );
}

/** An id or another short text that people copy. */
export function Id({ text }: { text: string }) {
  return (
    <span className="inline-flex max-w-full items-center gap-0.5 align-middle">
      <code className="truncate font-mono text-[0.88rem]">{text}</code>
      <CopyButton bare text={text} label={`Copy ${text}`} />
    </span>
  );
}
