// The worlds by name: `world.stateMachine({ seed: 7 })` in a cell.
import { stateMachine } from "./stateMachine.ts";

export const world = { stateMachine } as const;
