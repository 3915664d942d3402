// The icons, drawn for this dashboard: 16 by 16, one stroke, the colour of the text around them.
const PATHS = {
  overview: "M2.5 9.5v4M6.5 5.5v8M10.5 7.5v6M14 3v10.5",
  analytics: "M2.5 2.5v11h11M5 10.5l2.500-3 2 1.500 3.500-4.500",
  chargeback: "M4 2.500h8v11l-2-1.300-2 1.300-2-1.300-2 1.300zM6.200 5.800h3.600M6.200 8.500h3.600",
  requests: "M2.5 4h11M2.5 8h11M2.5 12h7",
  playground: "M3 3.5h10v7H8l-3 2.5v-2.5H3z",
  keys: "M10 6a2.5 2.5 0 1 0-2.4 2.5L3 13h2v-1.5h1.5V10H8l1-1.1A2.5 2.5 0 0 0 10 6z",
  organization: "M3 13.5V4l5-2 5 2v9.5M2 13.5h12M6 6.5h.5M9.5 6.5h.5M6 9.5h.5M9.5 9.5h.5",
  team: "M5.5 7a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM2 13c0-2.5 1.5-4 3.5-4S9 10.5 9 13M10.5 7a1.7 1.7 0 1 0 0-3.4M11 9c1.8.2 3 1.700 3 4",
  project: "M2.500 4.500h4l1.500 1.500h5.500v7h-11z",
  user: "M8 7.500a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5zM3 13.500c0-2.800 2-4.500 5-4.500s5 1.700 5 4.500",
  dataset: "M2.500 4c0-.8 2.500-1.500 5.500-1.500s5.500.7 5.500 1.500-2.500 1.500-5.500 1.500S2.500 4.800 2.500 4zM2.500 4v4c0 .8 2.500 1.500 5.500 1.500M2.500 8v4c0 .8 2.500 1.500 5.500 1.500M13.500 4v3M12 9v5M9.500 11.500h5",
  export: "M8 2.500v7M5 6.500l3 3 3-3M3 10.500v3h10v-3",
  service: "M5 6h6a1.500 1.500 0 0 1 1.500 1.500V12a1.500 1.500 0 0 1-1.500 1.500H5A1.500 1.500 0 0 1 3.500 12V7.500A1.500 1.500 0 0 1 5 6zM8 6V3.500M8 3.500a.7.7 0 1 0 0-1.400.7.7 0 0 0 0 1.400zM6 9h.1M10 9h.1M6.300 11.500h3.400M2 8.500v2.500M14 8.500v2.500",
  price: "M2.500 7.500v-5h5l6 6-5 5zM5 5h.1M7.200 9.300l2.100-2.100",
  customer: "M3 6l1-3h8l1 3v1.500a1.700 1.700 0 0 1-3.300 0 1.700 1.700 0 0 1-3.400 0 1.700 1.700 0 0 1-3.300 0zM4 9.500v4h8v-4",
  plan: "M3 3h10v10H3zM3 6.500h10M6.500 6.500V13",
  tag: "M2.500 2.500h5l6 6-5 5-6-6zM5.300 5.300h.1",
  budget: "M8 2.500v11M11 5c-.5-1-1.500-1.500-3-1.500-1.700 0-3 .8-3 2.200 0 3 6 1.600 6 4.600 0 1.400-1.300 2.200-3 2.200-1.500 0-2.600-.5-3-1.500",
  model: "M8 2l5 3v6l-5 3-5-3V5zM3 5l5 3 5-3M8 8v6",
  alias: "M2.500 8h4l3-4.500h4M6.500 8l3 4.500h4M11.500 1.700l2 1.800-2 1.800M11.500 10.700l2 1.800-2 1.800",
  provider: "M2.500 3h11v4h-11zM2.500 9h11v4h-11zM5 5h.1M5 11h.1",
  route: "M3.500 5.500a1.500 1.500 0 1 0 0-3 1.500 1.500 0 0 0 0 3zM12.500 13.500a1.500 1.500 0 1 0 0-3 1.500 1.500 0 0 0 0 3zM5 4h5a2.500 2.500 0 0 1 0 5H6a2.500 2.500 0 0 0 0 5",
  guardrail: "M8 2l5 2v4c0 3-2 5-5 6-3-1-5-3-5-6V4zM6 8l1.500 1.500L10.500 6.500",
  cache: "M3 4c0-1 2.200-1.800 5-1.800S13 3 13 4 10.800 5.800 8 5.800 3 5 3 4zM3 4v8c0 1 2.200 1.800 5 1.800s5-.8 5-1.800V4M3 8c0 1 2.200 1.800 5 1.800S13 9 13 8",
  alert: "M4 11.500V7a4 4 0 0 1 8 0v4.500M2.500 11.500h11M6.800 13.700h2.400",
  audit: "M4 2h8v12H4zM6 5.500h4M6 8h4M6 10.500h2.500",
  settings: "M8 10a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM8 2v2M8 12v2M2 8h2M12 8h2M3.800 3.800l1.400 1.400M10.800 10.800l1.400 1.400M12.200 3.800l-1.400 1.400M5.200 10.800l-1.400 1.400",
  start: "M4 2.500l9 5.500-9 5.500z",
  search: "M7 11.500a4.500 4.500 0 1 0 0-9 4.500 4.500 0 0 0 0 9zM10.500 10.500l3 3",
  sun: "M8 10.500a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5zM8 1.500v1.500M8 13v1.500M1.500 8H3M13 8h1.500M3.500 3.500l1 1M11.500 11.500l1 1M12.500 3.500l-1 1M4.500 11.500l-1 1",
  moon: "M13 9.500A5.500 5.500 0 0 1 6.500 3a5.500 5.500 0 1 0 6.500 6.500z",
  menu: "M2.500 4.500h11M2.500 8h11M2.500 11.500h11",
  close: "M4 4l8 8M12 4l-8 8",
  copy: "M5.500 5.500h8v8h-8zM3 10.500V2.500h8",
  check: "M3 8.500l3.500 3.500L13 4.500",
  plus: "M8 3v10M3 8h10",
  more: "M3 8h.8M7.600 8h.8M12.200 8h.8",
  refresh: "M13 8a5 5 0 1 1-1.500-3.500M13 2.500v3h-3",
  down: "M4 6l4 4 4-4",
  up: "M4 10l4-4 4 4",
  right: "M6 4l4 4-4 4",
  warn: "M8 2.500l6 11H2zM8 6.500v3.500M8 12h.1",
  trash: "M3 4.500h10M6 4.500V3h4v1.500M4.500 4.500l.5 9h6l.5-9",
  out: "M6 2.500H3v11h3M7 8h6.500M11 5.500L13.500 8 11 10.500",
  filter: "M2.500 3.500h11L9.500 8.500V13l-3-1.500v-3z",
  bolt: "M9 2L4 9h3.500L7 14l5-7H8.500z",
} as const;

export type IconName = keyof typeof PATHS;

/** An icon; it says nothing to a screen reader, so the text beside it must. */
export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 16 16" aria-hidden="true" className="shrink-0" fill="none" stroke="currentColor" strokeWidth="1.4" strokeLinecap="round" strokeLinejoin="round">
      <path d={PATHS[name]} />
    </svg>
  );
}

/** The mark: a gate with a gate in it. */
export function Mark({ size = 26 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" className="shrink-0">
      <rect width="32" height="32" rx="7" fill="#a8470f" />
      <path d="M7 26V15a9 9 0 0 1 18 0v11" fill="none" stroke="#fff" strokeWidth="3" strokeLinecap="round" />
      <path d="M12.500 26v-9.500a3.500 3.500 0 0 1 7 0V26" fill="none" stroke="#ffd9bd" strokeWidth="2.400" strokeLinecap="round" />
    </svg>
  );
}
