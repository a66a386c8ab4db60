// The debugger, in the watchdog thread: requests of the debug adapter protocol, carried out by V8's inspector on the main thread, one after
// another. What needs no executor is answered by the wire process (session/debug). Lives from the first request to `disconnect`; V8's debugger
// is on from `attach`.
import type { DebugArguments } from "../../../wire/debug-requests.ts";
import type { DebugAnswer, ExecutorCommand } from "../../protocol.ts";
import { Breakpoints } from "./breakpoints.ts";
import { Expressions } from "./expressions.ts";
import { type Frame, scopesOf, shownFrame } from "./frames.ts";
import { argumentOf, type Evaluated, GROUP, HANDLE, Inspector, refusal, valueOf } from "./inspector.ts";
import { type Emit, Pauses } from "./pauses.ts";
import { Scripts } from "./scripts.ts";
import { Values } from "./values.ts";

/** A hover must not wait for what it shows. */
const HOVER_MS = 500;
/**
 * While something is evaluated V8 hears nothing, not even an interrupt: so it ends by itself, before the wire process loses patience with an
 * interrupt (KILL_AFTER_MS).
 */
const EVALUATE_MS = 4_000;

const WAITING: ReadonlySet<ExecutorCommand> = new Set(["evaluate", "richInspectVariables"]);

export interface Debugger {
  /** @returns the response's body. @throws what its message says */
  answer(command: ExecutorCommand, given: object): Promise<DebugAnswer>;
  /** An interrupt ends the pause and the code that stands there; nothing stops until `again`. */
  end(): void;
  again(): void;
  close(): void;
}

/** @param prefix of the cells' paths. @param isRunning whether a cell runs */
export function createDebugger(prefix: string, emit: Emit, isRunning: () => boolean): Debugger {
  const inspector = new Inspector();
  const scripts = new Scripts(inspector, prefix);
  const expressions = new Expressions(inspector);
  const breakpoints = new Breakpoints(inspector, scripts, expressions);
  const values = new Values(inspector);
  const told: Emit = (event, body) => {
    if (event === "continued") values.forget();
    emit(event, body);
  };
  const pauses = new Pauses(inspector, scripts, breakpoints, told, isRunning);
  let attached = false;

  function frameOf(id: number | undefined): Frame | undefined {
    if (id === undefined) return pauses.frames?.[0];
    const frame = pauses.frames?.find((one) => one.id === id);
    if (!frame) throw refusal("this frame is no longer there");
    return frame;
  }

  /** Evaluates TypeScript on a frame, or among the top-level names; there it may declare, and await, as a cell. */
  async function evaluate(code: string, frame: Frame | undefined, isHover = false) {
    const expression = await expressions.on(code, frame);
    const careful = isHover ? { throwOnSideEffect: true, timeout: HOVER_MS } : { timeout: EVALUATE_MS };
    const quiet = { objectGroup: GROUP, silent: true, generatePreview: true, ...careful };
    // A promise goes on when the running cell waits, if ever.
    const asCell = isRunning() ? {} : { replMode: true, awaitPromise: true };
    if (!frame) return inspector.evaluate(expression, { ...quiet, ...asCell });
    const { callFrameId } = frame.callFrame;
    const request = { callFrameId, expression, ...quiet };
    return valueOf(await inspector.post<Evaluated>("Debugger.evaluateOnCallFrame", request));
  }

  const commands: { readonly [C in ExecutorCommand]: (given: DebugArguments<C>) => Promise<DebugAnswer> } = {
    async attach() {
      // Waited for only then: where a cell is busy no promise goes on.
      if (!(await inspector.ask("isReady"))) await inspector.evaluate(`${HANDLE}.ready()`, { awaitPromise: true });
      if (!attached) await pauses.start();
      attached = true;
      return {};
    },
    async setBreakpoints({
      source: { path },
      breakpoints: wanted,
      code,
    }: DebugArguments<"setBreakpoints"> & { code?: string }) {
      return { breakpoints: await breakpoints.set(path, wanted, code) };
    },
    async setExceptionBreakpoints({ filters }) {
      await pauses.setExceptions(filters.includes("all") ? "all" : filters.includes("uncaught") ? "uncaught" : "none");
      return {};
    },
    async stackTrace({ startFrame, levels }) {
      const frames = pauses.frames ?? [];
      const end = levels > 0 ? startFrame + levels : undefined;
      return { stackFrames: frames.slice(startFrame, end).map(shownFrame), totalFrames: frames.length };
    },
    async scopes({ frameId }) {
      const frame = frameOf(frameId);
      return { scopes: frame ? scopesOf(frame, values) : [] };
    },
    async variables({ variablesReference, start, count }) {
      return { variables: await values.children(variablesReference, start, count) };
    },
    async inspectVariables() {
      // At a breakpoint, numbers told before are still asked for.
      if (!pauses.frames) values.forget();
      return { variables: await values.globals() };
    },
    async evaluate({ expression, frameId, context }) {
      const remote = await evaluate(expression, frameOf(frameId), context === "hover");
      const { value: result, ...parts } = values.describe("", remote);
      return { ...parts, result };
    },
    async richInspectVariables({ variableName, frameId }) {
      const { value: ticket } = await inspector.call("take", [
        argumentOf(await evaluate(variableName, frameOf(frameId))),
      ]);
      const waits = !pauses.frames && !isRunning();
      const options = { returnByValue: true, awaitPromise: waits, timeout: EVALUATE_MS };
      const { value } = await inspector.evaluate(`${HANDLE}.bundle(${HANDLE}.taken(${ticket}), ${waits})`, options);
      return { data: JSON.parse(value as string) as object, metadata: {} };
    },
    async copyToGlobals({ srcVariableName, dstVariableName, srcFrameId }) {
      const value = await evaluate(srcVariableName, frameOf(srcFrameId));
      const { value: ticket } = await inspector.call("take", [argumentOf(value)]);
      const own = await inspector.ask("give", dstVariableName);
      await inspector.evaluate(`${own} = ${HANDLE}.taken(${ticket})`);
      return {};
    },
    async setVariable({ variablesReference, name, value }) {
      const container = values.find(variablesReference);
      if (container.kind === "object")
        return { ...(await values.assign(container.objectId, name, await evaluate(value, frameOf(undefined)))) };
      return { ...values.describe(name, await evaluate(`${name} = (${value}\n)`, frameOf(undefined))) };
    },
    async source({ source: { path } }) {
      const content = await scripts.text(path);
      if (content === undefined) throw refusal("the source is not known");
      return { content, mimeType: "text/typescript" };
    },
    async modules() {
      const files = (await scripts.all()).filter(({ url }) => url.startsWith("file:"));
      const modules = files.map(({ id, name, path }) => ({ id: Number(id), name, path }));
      return { modules, totalModules: modules.length };
    },
    async continue() {
      await pauses.go("Debugger.resume");
      return { allThreadsContinued: true };
    },
    async next() {
      await pauses.go("Debugger.stepOver");
      return {};
    },
    async stepIn() {
      await pauses.go("Debugger.stepInto");
      return {};
    },
    async stepOut() {
      await pauses.go("Debugger.stepOut");
      return {};
    },
    async pause() {
      await pauses.pause();
      return {};
    },
    async disconnect() {
      if (attached) await pauses.stop();
      attached = false;
      return {};
    },
  };

  let turn: Promise<unknown> = Promise.resolve();
  return {
    answer(command, given) {
      const answered = turn.then(() => commands[command](given as never));
      // What runs the user's code may wait for what never comes.
      if (!WAITING.has(command)) turn = answered.catch(() => undefined);
      return answered;
    },
    end() {
      if (attached) pauses.end();
    },
    again() {
      if (attached) pauses.again();
    },
    close: () => inspector.close(),
  };
}
