// Stands in for the module of that name in the component library, which writes a style element into the page; the page's policy
// lets no such element work. The shell scrolls inside of itself, so there is nothing to lock: the children stand as they are.
import { Slot } from "radix-ui";
import type { ComponentProps } from "react";

type Props = ComponentProps<"div"> & {
  as?: unknown;
  allowPinchZoom?: boolean;
  shards?: unknown;
  enabled?: boolean;
  removeScrollBar?: boolean;
  forwardProps?: boolean;
};

/** Renders what it is given. */
export function RemoveScroll({ as: _as, allowPinchZoom: _zoom, shards: _shards, enabled: _on, removeScrollBar: _bar, forwardProps: _forward, ...rest }: Props) {
  return <Slot.Root {...rest} />;
}
RemoveScroll.classNames = { fullWidth: "", zeroRight: "" };
