// How the dashboard is built and tested. The build must be the same everywhere: nothing of the machine goes into it.
import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const gateway = process.env.GATEWRIGHT_URL ?? "http://127.0.0.1:4000";

export default defineConfig({
  base: "/ui/",
  plugins: [react(), tailwindcss()],
  resolve: {
    alias: {
      "@": here("./src"),
      // The library's own writes a style element, which the page's policy forbids.
      "react-remove-scroll": here("./src/ui/remove-scroll.tsx"),
    },
  },
  build: {
    target: "es2022",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
    sourcemap: false,
  },
  server: { proxy: { "/api": gateway, "/v1": gateway, "/metrics": gateway } },
  test: { environment: "happy-dom", include: ["src/**/*.test.{ts,tsx}"] },
});
