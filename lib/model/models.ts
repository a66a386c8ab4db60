// What a cell calls on models: `model.init`, `model.load`, …
import { lora, merge } from "./adapter.ts";
import { blank, load, save } from "./files.ts";
import { complete } from "./complete.ts";
import { forward } from "./forward.ts";
import { generate } from "./generate.ts";
import { init } from "./init.ts";
import { scoreCompletions } from "./score.ts";

export const model = {
  init,
  load,
  save,
  blank,
  lora,
  merge,
  complete,
  forward,
  generate,
  score: scoreCompletions,
} as const;
