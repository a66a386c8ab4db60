// What magics do (lib/core/magics.ts recognises them). Their output is the cell's, like any print.
import { existsSync } from "node:fs";
import type { Runtime } from "node:inspector";
import { homedir } from "node:os";
import { resolve } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";
import { fault } from "../../../../lib/core/errors.ts";
import { host } from "../../../../lib/core/host.ts";
import { MAGICS, MAGIC_SYMBOL } from "../../../../lib/core/magics.ts";
import type { Evaluator } from "../evaluate.ts";
import { showAllFrames } from "../traceback.ts";
import { runShell } from "./shell.ts";
import { clock, time, timeit } from "./timing.ts";

/** @param folder the notebook's */
export function installMagics(evaluator: Evaluator, folder: string): void {
  let runs = 0;
  const actions: Readonly<Record<string, (rest: string) => unknown>> = {
    help: showHelp,
    who: () =>
      print(
        variables(evaluator)
          .map(({ name, type }) => `${name}: ${type}`)
          .join("\n") || "no variables",
      ),
    reset: () => reset(evaluator),
    check: describeCheck,
    traceback: describeTraceback,
    env: environment,
    cd(rest) {
      process.chdir(rest === "" ? homedir() : resolve(rest.replace(/^~(?=$|\/)/, homedir())));
      print(process.cwd());
    },
    npm: (rest) => runShell(`npm ${rest} --no-fund --no-audit`, folder),
    sh: (rest) => runShell(rest, process.cwd()),
    async run(rest) {
      const file = resolve(folder, rest);
      const found = [file, `${file}.ts`].find((f) => existsSync(f));
      if (found === undefined)
        throw fault("FILE_NOT_FOUND", `there is no file ${file}.`, "%run takes a path from the notebook's folder");
      // Another query, another module: it runs anew.
      await importer()(`${pathToFileURL(found).href}?run=${++runs}`);
    },
  };
  const magics = {
    async run(name: string, rest: string): Promise<void> {
      const action = actions[name];
      if (action === undefined)
        throw fault(
          "NO_SUCH_MAGIC",
          `%${name} is not a magic${rest === "" ? "" : " with arguments"}.`,
          "%help lists them",
        );
      await action(rest.trim());
    },
    time,
    timeit,
    clock,
    ...started(),
  };
  Object.defineProperty(globalThis, Symbol.for(MAGIC_SYMBOL), { configurable: true, value: magics });
}

/** `%time` of a statement: a clock that the line starts and stops. */
function started(): { start(): void; stop(): void } {
  let running: Disposable | undefined;
  return {
    start: () => void (running = clock()),
    stop: () => running?.[Symbol.dispose](),
  };
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

type Import = (specifier: string) => Promise<unknown>;
const importer = () => (globalThis as unknown as Record<symbol, Import>)[Symbol.for("blankslate.import")]!;

function showHelp(): void {
  const rows = MAGICS.map(({ usage, help }) => [usage, help] as const);
  const width = Math.max(...rows.map(([usage]) => usage.length));
  host().display({
    "text/plain": rows.map(([usage, help]) => `${usage.padEnd(width)}  ${help}`).join("\n"),
    "text/markdown": `| | |\n|---|---|\n${rows.map(([usage, help]) => `| \`${usage.replaceAll("|", "\\|")}\` | ${help} |`).join("\n")}`,
  });
}

interface Variable {
  readonly name: string;
  readonly type: string;
}

function variables(evaluator: Evaluator): Variable[] {
  const found: Variable[] = [];
  evaluator.session().post("Runtime.globalLexicalScopeNames", (error, answer) => {
    if (error) return;
    for (const name of answer.names) found.push({ name, type: typeOf(evaluator, name) ?? "no value" });
  });
  return found;
}

function typeOf(evaluator: Evaluator, name: string): string | undefined {
  let type: string | undefined;
  // A name whose cell failed before giving it a value throws; it has no type.
  const request = { expression: name, throwOnSideEffect: true, silent: true };
  evaluator.session().post("Runtime.evaluate", request, (error: Error | null, answer?: object) => {
    const { result, exceptionDetails: details } = (answer ?? {}) as Partial<Runtime.EvaluateReturnType>;
    if (!error && !details && result) type = result.subtype === "null" ? "null" : (result.className ?? result.type);
  });
  return type;
}

function reset(evaluator: Evaluator): void {
  const names = variables(evaluator).map((v) => v.name);
  const expression = names.map((name) => `try { ${name} = undefined } catch {}`).join(";");
  evaluator.session().post("Runtime.evaluate", { expression, silent: true, replMode: true });
  print(`${names.length} variables are undefined now`);
}

function describeCheck(level: string): void {
  const texts: Readonly<Record<string, string>> = {
    error: "type errors stop cells from here on",
    warn: "type errors are told, and cells run, from here on",
    off: "types are not checked from here on",
  };
  const text = texts[level];
  if (text === undefined)
    throw fault("BAD_LEVEL", `%check takes error, warn or off, not ${inspect(level)}.`, "%help lists the magics");
  print(text);
}

function describeTraceback(which: string): void {
  if (which !== "full" && which !== "own")
    throw fault("BAD_LEVEL", `%traceback takes full or own, not ${inspect(which)}.`, "%help lists the magics");
  showAllFrames(which === "full");
  print(which === "full" ? "errors show every frame from here on" : "errors show your own frames from here on");
}

function environment(rest: string): void {
  const [, name, value] = /^([^\s=]+)(?:\s*=\s*|\s+)(.+)$/.exec(rest) ?? [];
  if (name !== undefined && value !== undefined) {
    process.env[name] = value;
    return;
  }
  if (rest === "")
    print(
      Object.entries(process.env)
        .map(([key, text]) => `${key}=${text}`)
        .sort()
        .join("\n"),
    );
  else print(process.env[rest] ?? `${rest} is not set`);
}
