// What a sweep and its processes agree on: two files in a trial's folder, and what a process says while it works.

/** The configuration, written before the trial starts. */
export const INPUT_FILE = "trial.json";
/** Written last: a folder that has it holds a finished trial. */
export const RESULT_FILE = "result.json";

export interface ChildMessage {
  readonly step: number;
  readonly steps: number;
  readonly metrics: Readonly<Record<string, number>>;
}
