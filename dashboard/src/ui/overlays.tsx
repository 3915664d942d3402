// What stands above the page: dialogs, the drawer at the side, menus, and questions before what cannot be undone. Focus, the Escape
// key and names for screen readers come from the component library.
import { Dialog as Base, DropdownMenu } from "radix-ui";
import { type ReactNode, useState } from "react";
import { Button, IconButton } from "./button";
import type { IconName } from "./icons";
import { Icon } from "./icons";
import { Note } from "./panels";

type Open = { open: boolean; onClose: () => void; title: string; about?: ReactNode; children: ReactNode };

/** A dialog in the middle; `wide` for forms of two columns. */
export function Dialog({ open, onClose, title, about, children, wide = false }: Open & { wide?: boolean }) {
  return (
    <Base.Root open={open} onOpenChange={(now) => now || onClose()}>
      <Base.Portal>
        <Base.Overlay className="overlay fade-in z-50" />
        <Base.Content
          aria-describedby={undefined}
          className={`fade-in fixed top-[6vh] left-1/2 z-50 flex max-h-[88vh] w-[calc(100vw-1.5rem)] -translate-x-1/2 flex-col rounded-xl border border-line bg-panel shadow-pop ${wide ? "max-w-3xl" : "max-w-lg"}`}
        >
          <div className="flex items-start justify-between gap-3 border-b border-line px-5 py-3">
            <div>
              <Base.Title className="text-[1.1rem] font-semibold">{title}</Base.Title>
              {about ? <div className="mt-0.5 text-soft">{about}</div> : null}
            </div>
            <Base.Close asChild>
              <IconButton icon="close" label="Close" />
            </Base.Close>
          </div>
          <div className="min-h-0 overflow-y-auto px-5 py-4">{children}</div>
        </Base.Content>
      </Base.Portal>
    </Base.Root>
  );
}

/** A drawer at the right edge. */
export function Drawer({ open, onClose, title, about, children, side, wide = false }: Open & { side?: ReactNode; wide?: boolean }) {
  return (
    <Base.Root open={open} onOpenChange={(now) => now || onClose()}>
      <Base.Portal>
        <Base.Overlay className="overlay fade-in" />
        <Base.Content aria-describedby={undefined} className={`slide-in fixed inset-y-0 right-0 z-50 flex w-full flex-col border-l border-line bg-panel shadow-pop ${wide ? "max-w-3xl" : "max-w-2xl"}`}>
          <div className="flex items-start justify-between gap-3 border-b border-line px-5 py-3">
            <div className="min-w-0">
              <Base.Title className="truncate text-[1.1rem] font-semibold">{title}</Base.Title>
              {about ? <div className="mt-0.5 text-soft">{about}</div> : null}
            </div>
            <div className="flex shrink-0 items-center">
              {side}
              <Base.Close asChild>
                <IconButton icon="close" label="Close" />
              </Base.Close>
            </div>
          </div>
          <div className="min-h-0 flex-1 overflow-y-auto px-5 py-4" tabIndex={0} role="region" aria-label={title}>
            {children}
          </div>
        </Base.Content>
      </Base.Portal>
    </Base.Root>
  );
}

export type MenuItem = { label: string; icon?: IconName; onSelect: () => void; danger?: boolean; disabled?: boolean };

/** A menu behind a button. */
export function Menu({ label, items, children }: { label: string; items: MenuItem[]; children?: ReactNode }) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{children ?? <IconButton icon="more" label={label} />}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content align="end" sideOffset={4} aria-label={label} className="fade-in z-50 min-w-44 rounded-lg border border-line bg-panel p-1 shadow-pop">
          {items.map((item) => (
            <DropdownMenu.Item
              key={item.label}
              disabled={item.disabled}
              onSelect={item.onSelect}
              className={`flex cursor-pointer items-center gap-2 rounded px-2 py-1.5 outline-none data-disabled:cursor-not-allowed data-disabled:opacity-50 data-highlighted:bg-sunken ${item.danger ? "text-bad" : ""}`}
            >
              {item.icon ? <Icon name={item.icon} size={14} /> : null}
              {item.label}
            </DropdownMenu.Item>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

/** Asks before something that cannot be undone. Stays open, with the reason, where it fails. */
export function Confirm({ open, onClose, title, action, onConfirm, children }: Open & { action: string; onConfirm: () => Promise<unknown> }) {
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<string | null>(null);
  const close = () => {
    setFault(null);
    onClose();
  };
  const go = async () => {
    setBusy(true);
    try {
      await onConfirm();
      close();
    } catch (error) {
      setFault(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog open={open} onClose={close} title={title}>
      <div className="text-soft">{children}</div>
      {fault ? (
        <div className="mt-3">
          <Note tone="bad">{fault}</Note>
        </div>
      ) : null}
      <div className="mt-5 flex justify-end gap-2">
        <Button onClick={close}>Cancel</Button>
        <Button look="danger" busy={busy} onClick={go}>
          {action}
        </Button>
      </div>
    </Dialog>
  );
}
