// Breakpoints by path and line, and where they are in V8: in every script of that path, those that come later included. A cell's path is its
// text's, so a breakpoint set in a cell holds for every run of that text and for the functions that earlier runs declared.
import type { DebugArguments } from "../../../wire/debug-requests.ts";
import type { Expressions } from "./expressions.ts";
import { type Inspector, isRefusal } from "./inspector.ts";
import type { OwnScript, Scripts, Stop } from "./scripts.ts";

/** As a front end asks for it. With a message that is printed in the cell's output instead; `{expression}` in it stands for its value. */
type Wanted = DebugArguments<"setBreakpoints">["breakpoints"][number];

/** What became of it. */
export interface Settled {
  readonly line: number;
  readonly column?: number;
  readonly verified: boolean;
  readonly message?: string;
}

interface Breakpoint {
  readonly wanted: Wanted;
  /** V8's names for it. */
  readonly ids: string[];
}

export class Breakpoints {
  readonly #inspector: Inspector;
  readonly #scripts: Scripts;
  readonly #expressions: Expressions;
  readonly #byPath = new Map<string, readonly Breakpoint[]>();

  constructor(inspector: Inspector, scripts: Scripts, expressions: Expressions) {
    this.#inspector = inspector;
    this.#scripts = scripts;
    this.#expressions = expressions;
  }

  /**
   * Replaces those of a path.
   * @param code the cell's text, if it is known: then a cell that has not run has places too
   */
  async set(path: string, wanted: readonly Wanted[], code: string | undefined): Promise<readonly Settled[]> {
    for (const { ids } of this.#byPath.get(path) ?? [])
      for (const breakpointId of ids.splice(0))
        await this.#inspector.post("Debugger.removeBreakpoint", { breakpointId });
    const breakpoints: Breakpoint[] = [];
    const refused = new Map<Wanted, string>();
    for (const one of wanted) {
      try {
        // Made anew for each script; here it is seen whether it parses.
        await this.#conditionOf(one);
        breakpoints.push({ wanted: one, ids: [] });
      } catch (error) {
        if (!isRefusal(error)) throw error;
        refused.set(one, (error as Error).message.split("\n")[0] ?? "");
      }
    }
    if (breakpoints.length > 0) this.#byPath.set(path, breakpoints);
    else this.#byPath.delete(path);
    const scripts = await this.#scripts.withPath(path);
    for (const script of scripts) await this.bind(script);
    const latest = scripts.at(-1);
    let stops = latest ? await this.#scripts.stops(latest) : [];
    if (stops.length === 0 && code !== undefined) stops = await this.#scripts.sketch(code);
    return wanted.map((one) => settle(one, stops, refused.get(one)));
  }

  /** Puts the breakpoints of its path into a script. */
  async bind(script: OwnScript): Promise<void> {
    const breakpoints = this.#byPath.get(script.path);
    if (!breakpoints) return;
    const stops = await this.#scripts.stops(script);
    for (const { wanted, ids } of breakpoints) {
      const stop = stopFor(wanted.line, stops);
      if (!stop) continue;
      const condition = await this.#conditionOf(wanted);
      const location = { scriptId: script.id, lineNumber: stop.scriptLine, columnNumber: stop.scriptColumn };
      try {
        const request = { location, ...(condition === undefined ? {} : { condition }) };
        const { breakpointId } = await this.#inspector.post<{ breakpointId: string }>(
          "Debugger.setBreakpoint",
          request,
        );
        ids.push(breakpointId);
      } catch (error) {
        // Two lines that lead to one place are one breakpoint; and a script that nothing uses any more is gone.
        if (!isRefusal(error)) throw error;
      }
    }
  }

  /** @returns what V8 evaluates there: it stops when that is true. @throws DEBUG_REFUSED it does not parse */
  async #conditionOf({ condition, logMessage }: Wanted): Promise<string | undefined> {
    const when = condition ? await this.#expressions.anywhere(condition) : undefined;
    if (!logMessage) return when;
    const values: string[] = [];
    const format = logMessage.replaceAll("%", "%%").replace(/\{([^{}]+)\}/g, (_, value: string) => {
      values.push(value);
      return "%s";
    });
    const given = await Promise.all(values.map((value) => this.#expressions.anywhere(value)));
    const print = `console.log(${[JSON.stringify(format), ...given].join(", ")})`;
    return `(${when === undefined ? "" : `${when} && `}${print}, false)`;
  }
}

/** The first place on the first line from there on that has one. */
function stopFor(line: number, stops: readonly Stop[]): Stop | undefined {
  return stops.find((stop) => stop.line >= line);
}

function settle({ line }: Wanted, stops: readonly Stop[], refused: string | undefined): Settled {
  const stop = stopFor(line, stops);
  if (refused !== undefined) return { line: stop?.line ?? line, verified: false, message: refused };
  if (stop) return { line: stop.line, column: stop.column, verified: true };
  const message = stops.length > 0 ? "there is no code from this line on" : "this has not run yet";
  return { line, verified: false, message };
}
