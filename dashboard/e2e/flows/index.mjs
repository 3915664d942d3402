// The flows, in the order in which they run: each starts where it likes, signed in, and leaves nothing that the next must know.
import { access } from "./access.mjs";
import { aliases } from "./aliases.mjs";
import { control } from "./control.mjs";
import { datasets } from "./datasets.mjs";
import { evaluations } from "./evaluations.mjs";
import { guardrails } from "./guardrails.mjs";
import { longLists } from "./long.mjs";
import { exported } from "./exports.mjs";
import { observe } from "./observe.mjs";
import { play } from "./play.mjs";
import { pricing } from "./prices.mjs";
import { routes } from "./routes.mjs";
import { services } from "./services.mjs";
import { settings } from "./settings.mjs";
import { shell } from "./shell.mjs";

export const flows = { ...shell, ...observe, ...longLists, ...access, ...services, ...routes, ...control, ...guardrails, ...settings, ...aliases, ...exported, ...evaluations, ...datasets, ...pricing, ...play };
