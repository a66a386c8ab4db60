// The worlds by name: `world.stateMachine({ seed: 7 })` in a cell.
import { countdown } from "./countdown.ts";
import { graph } from "./graph.ts";
import { mixture } from "./mixture.ts";
import { modular } from "./modular.ts";
import { stateMachine } from "./stateMachine.ts";
import { stories } from "./stories.ts";
import { strings } from "./strings.ts";

export const world = { stateMachine, modular, countdown, graph, stories, strings, mixture } as const;
