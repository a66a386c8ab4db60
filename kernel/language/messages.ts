// What the wire process and the language worker say to each other.
import type { CheckLevel } from "../../lib/core/magics.ts";
import type { Completion } from "./completion.ts";
import type { Diagnostic } from "./diagnostics.ts";
import type { Inspection } from "./inspection.ts";

export type Question =
  | { readonly kind: "complete"; readonly code: string; readonly cursor: number }
  | { readonly kind: "inspect"; readonly code: string; readonly cursor: number; readonly detail: 0 | 1 }
  | { readonly kind: "check"; readonly code: string; readonly level: CheckLevel }
  | { readonly kind: "remember"; readonly code: string }
  | { readonly kind: "forget" }
  /** The cell that was remembered last has ended. */
  | { readonly kind: "settled" };

export interface Answers {
  readonly complete: Completion;
  readonly inspect: Inspection;
  readonly check: readonly Diagnostic[];
  readonly remember: null;
  readonly forget: null;
  readonly settled: null;
}

export interface Asked {
  readonly id: number;
  readonly question: Question;
}

export type Answered =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly error: string };
