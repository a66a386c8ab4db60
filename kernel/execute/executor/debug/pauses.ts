// When the main thread stands still, and when that is for the user to see. V8 also stops before scripts run, so that breakpoints are in
// them in time, and inside of what the kernel added or Node has; from there it goes on by itself.
import type { Debugger, InspectorNotification } from "node:inspector";
import type { DebugAnswer } from "../../protocol.ts";
import type { Breakpoints } from "./breakpoints.ts";
import { type Frame, ownFrames, type Top } from "./frames.ts";
import { type Inspector, isRefusal } from "./inspector.ts";
import { FOREIGN, KERNEL, type Scripts } from "./scripts.ts";

export type Emit = (event: "stopped" | "continued", body: DebugAnswer) => void;
type Step = "Debugger.stepOver" | "Debugger.stepInto" | "Debugger.stepOut";
export type ExceptionMode = "none" | "uncaught" | "all";

/** JavaScript has one. */
const THREAD = 1;
/** A pause may find Node's event loop, from where it steps on into whatever comes; so often at once, */
const MAX_STEPS_IN = 1_000;
/** and then again after this time. */
const PAUSE_AGAIN_MS = 20;

export class Pauses {
  readonly #inspector: Inspector;
  readonly #scripts: Scripts;
  readonly #breakpoints: Breakpoints;
  readonly #emit: Emit;
  readonly #isRunning: () => boolean;
  #stands = false;
  #shown: readonly Frame[] | null = null;
  #wanted = false;
  #stepsIn = 0;
  #exceptions: ExceptionMode = "none";

  /** @param isRunning whether a cell runs */
  constructor(inspector: Inspector, scripts: Scripts, breakpoints: Breakpoints, emit: Emit, isRunning: () => boolean) {
    this.#inspector = inspector;
    this.#scripts = scripts;
    this.#breakpoints = breakpoints;
    this.#emit = emit;
    this.#isRunning = isRunning;
    inspector.session.on("Debugger.paused", (message: InspectorNotification<Debugger.PausedEventDataType>) => {
      this.#take(message.params).catch((error: unknown) => {
        throw error;
      });
    });
    inspector.session.on("Debugger.resumed", () => this.#resumed());
  }

  /** The frames that the user sees; null while the main thread is not at a breakpoint. */
  get frames(): readonly Frame[] | null {
    return this.#shown;
  }

  async start(): Promise<void> {
    await this.#inspector.post("Debugger.enable");
    await this.#skip();
    const instrumentation = "beforeScriptWithSourceMapExecution";
    await this.#inspector.post("Debugger.setInstrumentationBreakpoint", { instrumentation });
  }

  async setExceptions(mode: ExceptionMode): Promise<void> {
    this.#exceptions = mode;
    // V8 takes errors of cells for caught, because the inspector takes them from the cell's promise: what is caught is decided here.
    await this.#inspector.post("Debugger.setPauseOnExceptions", { state: mode === "none" ? "none" : "all" });
    await this.#skip();
  }

  async go(how: Step | "Debugger.resume"): Promise<void> {
    this.#wanted = false;
    if (!this.#shown) return;
    await this.#skip(how !== "Debugger.resume");
    await this.#inspector.post(how);
  }

  async pause(): Promise<void> {
    this.#stepsIn = 0;
    this.#wanted = true;
    if (!this.#stands) await this.#inspector.post("Debugger.pause");
  }

  /** The main thread goes on, and nothing stops it any more. */
  async stop(): Promise<void> {
    this.#wanted = false;
    await this.#inspector.post("Debugger.disable");
    this.#resumed();
  }

  /** Ends the pause and the code that stands there: no `catch` or `finally` of it runs. Until `again` nothing stops any more. */
  end(): void {
    this.#wanted = false;
    this.#inspector.quietly("Debugger.setSkipAllPauses", { skip: true });
    if (this.#stands) this.#inspector.quietly("Debugger.resume", { terminateOnResume: true });
  }

  again(): void {
    this.#inspector.quietly("Debugger.setSkipAllPauses", { skip: false });
  }

  /**
   * Where V8 does not stop. An error that a package throws at the user's call is looked for in the package, so packages are left out of
   * this while errors stop; but never while stepping.
   */
  async #skip(isStep = false): Promise<void> {
    const patterns = this.#exceptions === "none" || isStep ? FOREIGN : KERNEL;
    await this.#inspector.post("Debugger.setBlackboxPatterns", { patterns, skipAnonymous: true });
  }

  #resumed(): void {
    this.#stands = false;
    if (!this.#shown) return;
    this.#shown = null;
    this.#emit("continued", { threadId: THREAD, allThreadsContinued: true });
  }

  async #take(event: Debugger.PausedEventDataType): Promise<void> {
    try {
      await this.#paused(event);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      // An interrupt came first; whatever else it is, the thread must not stand where nobody sees it.
      if (this.#stands && !this.#shown) this.#inspector.quietly("Debugger.resume");
    }
  }

  async #paused({ callFrames, reason, data, hitBreakpoints = [] }: Debugger.PausedEventDataType): Promise<void> {
    this.#stands = true;
    const reasons = new Set<string>([reason, ...otherReasons(data)]);
    const first = callFrames[0];
    if (reasons.has("instrumentation")) {
      const script = first && (await this.#scripts.own(first.location.scriptId));
      if (script) await this.#breakpoints.bind(script);
      return this.#on("Debugger.resume");
    }
    const { frames, top } = await ownFrames(callFrames, this.#scripts);
    const isError = reasons.has("exception") || reasons.has("promiseRejection");
    if (top !== "own" && !isError) return this.#on(this.#wayOut(frames, top, callFrames));
    if (frames.length === 0 || (isError && !this.#counts(reasons, data, top))) return this.#on("Debugger.resume");
    // An interrupt may have come first.
    if (!this.#stands) return;
    this.#shown = frames;
    const wanted = this.#wanted;
    this.#wanted = false;
    const isStep = reasons.has("step") && hitBreakpoints.length === 0;
    this.#emit("stopped", {
      reason: isError ? "exception" : wanted ? "pause" : isStep ? "step" : "breakpoint",
      ...(isError ? { text: textOf(data) } : {}),
      threadId: THREAD,
      allThreadsStopped: true,
    });
  }

  /** From where the user has no code: on to where they have. */
  #wayOut(
    frames: readonly Frame[],
    top: Exclude<Top, "own">,
    callFrames: readonly Debugger.CallFrame[],
  ): Step | "Debugger.resume" {
    if (top === "foreign" && frames.length > 0) return "Debugger.stepOut";
    // In front of a cell's first statement, and not behind its last.
    if (top === "added" && callFrames[0]?.location.lineNumber === 0) return "Debugger.stepOver";
    if (this.#wanted && this.#stepsIn < MAX_STEPS_IN) {
      this.#stepsIn++;
      return "Debugger.stepInto";
    }
    if (this.#wanted) setTimeout(() => this.#tryAgain(), PAUSE_AGAIN_MS);
    return "Debugger.resume";
  }

  #tryAgain(): void {
    this.#stepsIn = 0;
    if (this.#wanted && this.#isRunning() && !this.#stands) this.#inspector.quietly("Debugger.pause");
  }

  /** Whether an error is one of those at which to stop. One that is caught counts where it is thrown, not where a package deals with it. */
  #counts(reasons: ReadonlySet<string>, data: { readonly uncaught?: boolean } | undefined, top: Top): boolean {
    const isCaught = !reasons.has("promiseRejection") && data?.uncaught !== true;
    return !isCaught || (this.#exceptions === "all" && top === "own");
  }

  async #on(how: Step | "Debugger.resume"): Promise<void> {
    if (!this.#stands) return;
    // A step that ended outside of the user's code left packages out.
    if (how === "Debugger.resume" && this.#exceptions !== "none") await this.#skip();
    await this.#inspector.post(how);
  }
}

function otherReasons(data: object | undefined): string[] {
  const { reasons = [] } = (data ?? {}) as { reasons?: readonly { readonly reason: string }[] };
  return reasons.map(({ reason }) => reason);
}

function textOf(data: object | undefined): string {
  const { description, value } = (data ?? {}) as { description?: string; value?: unknown };
  return description?.split("\n")[0] ?? String(value);
}
