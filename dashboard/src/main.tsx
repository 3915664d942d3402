// The start: who is signed in, then either the way in or the pages.
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode, useEffect } from "react";
import { createRoot } from "react-dom/client";
import { ApiError } from "@/api/client";
import { useSession } from "@/api/permissions";
import { resume } from "@/api/session";
import { SetPassword } from "@/features/sign-in/SetPassword";
import { SignIn } from "@/features/sign-in/SignIn";
import { router } from "./router";
import "./styles.css";

const MOST_TRIES = 2;
const FRESH_MS = 15_000;

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: FRESH_MS,
      // What the gateway refused it refuses again; only a gateway that is away or busy is asked once more.
      retry: (tries, error) => tries < MOST_TRIES && (!(error instanceof ApiError) || error.status === 0 || error.status >= 500),
    },
  },
});

/** Where links lead with which a password is chosen. */
const PASSWORD_PATH = "/ui/set-password";

function App() {
  const now = useSession();
  useEffect(() => {
    if (now.kind === "none") queries.removeQueries({ predicate: (query) => query.queryKey[0] !== "auth" });
  }, [now.kind]);
  if (window.location.pathname === PASSWORD_PATH) return <SetPassword />;
  if (now.kind === "unknown") return null;
  if (now.kind === "none") return <SignIn />;
  return <RouterProvider router={router} />;
}

const place = document.getElementById("root");
if (place) {
  void resume();
  createRoot(place).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <App />
      </QueryClientProvider>
    </StrictMode>,
  );
}
