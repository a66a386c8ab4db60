// A choice that a problem makes again and again (an operator, a command): its weights in training, and the equal ones that an axis puts in
// their place.
import { oneOf } from "../core/options.ts";
import type { Drawer } from "../core/rng.ts";
import { entropyOf } from "./range.ts";

/** Which weights a law has: training's, or equal ones, which make common what training hardly shows. */
export type Usage = "train" | "uniform";

/** As an option. */
export const USAGE = oneOf("train", "uniform");

export interface Choice<Name extends string> {
  readonly names: readonly Name[];
  draw(drawer: Drawer, usage: Usage): Name;
  /** Probability of a name. */
  share(name: Name, usage: Usage): number;
  /** -log p of these choices, one after the other. */
  nats(chosen: readonly Name[], usage: Usage): number;
  /** Mean nats of a choice. */
  entropy(usage: Usage): number;
  /** Nats per choice above what training expects. */
  surprisal(chosen: readonly Name[]): number;
}

/** @param trained weights in training; they sum to 1 @example choice({ "+": 0.9, "*": 0.1 }).share("*", "uniform") // 0.5 */
export function choice<Name extends string>(trained: Readonly<Record<Name, number>>): Choice<Name> {
  const names = Object.keys(trained) as Name[];
  const weights = { train: names.map((name) => trained[name]), uniform: names.map(() => 1 / names.length) };
  const self: Choice<Name> = {
    names,
    draw: (drawer, usage) => names[drawer.weighted(weights[usage])] as Name,
    share: (name, usage) => weights[usage][names.indexOf(name)] as number,
    nats: (chosen, usage) => -chosen.reduce((sum, name) => sum + Math.log(self.share(name, usage)), 0),
    entropy: (usage) => entropyOf(weights[usage]),
    surprisal: (chosen) => self.nats(chosen, "train") / chosen.length - self.entropy("train"),
  };
  return self;
}
