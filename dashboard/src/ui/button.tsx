// Buttons. A button that cannot be pressed says why in its title.
import type { ButtonHTMLAttributes } from "react";
import { Icon, type IconName } from "./icons";

type Look = "primary" | "plain" | "quiet" | "danger";

const LOOKS: Record<Look, string> = {
  primary: "bg-accent text-on-accent border-transparent hover:bg-accent-strong",
  plain: "bg-panel text-ink border-line-strong hover:bg-sunken",
  quiet: "bg-transparent text-soft border-transparent hover:bg-sunken hover:text-ink",
  danger: "bg-panel text-bad border-line-strong hover:bg-bad-soft",
};

type Props = ButtonHTMLAttributes<HTMLButtonElement> & { look?: Look; icon?: IconName; busy?: boolean; small?: boolean };

/** A button with a text. */
export function Button({ look = "plain", icon, busy = false, small = false, children, className = "", disabled, ...rest }: Props) {
  const size = small ? "h-7 px-2 text-[0.86rem]" : "h-8.5 px-3";
  return (
    <button
      type="button"
      {...rest}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
      className={`inline-flex shrink-0 items-center justify-center gap-1.5 whitespace-nowrap rounded-md border font-medium motion-safe:transition-colors disabled:cursor-not-allowed disabled:opacity-55 ${size} ${LOOKS[look]} ${className}`}
    >
      {icon ? <Icon name={icon} size={14} /> : null}
      {children}
    </button>
  );
}

/** A button of an icon alone; `label` is its name. */
export function IconButton({ icon, label, className = "", ...rest }: Omit<Props, "look" | "busy"> & { icon: IconName; label: string }) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      {...rest}
      className={`inline-flex size-8 shrink-0 items-center justify-center rounded-md text-soft hover:bg-sunken hover:text-ink ${className}`}
    >
      <Icon name={icon} />
    </button>
  );
}
