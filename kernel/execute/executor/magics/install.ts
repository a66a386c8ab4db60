// What magics do (lib/core/magics.ts recognises them). Their output is the cell's, like any print.
import { readFileSync } from "node:fs";
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
import { release } from "../live.ts";
import { currentCell } from "../run.ts";
import { showAllFrames } from "../traceback.ts";
import type { Up } from "../up.ts";
import { fileAt, shownAs, writeCell } from "./cell.ts";
import { runNpm } from "./npm.ts";
import { runScript, runShell } from "./shell.ts";
import { clock, time, timeit } from "./timing.ts";

/** @param folder the notebook's */
export function installMagics(up: Up, evaluator: Evaluator, folder: string): void {
  let runs = 0;
  const actions: Readonly<Record<string, (rest: string, body: string) => unknown>> = {
    ...shownAs,
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
    npm: (rest) => runNpm(rest, folder),
    sh: (rest) => runShell(rest, process.cwd()),
    script: (text) => runScript(text, process.cwd()),
    async run(rest) {
      // Another query, another module: it runs anew.
      await importer()(`${pathToFileURL(fileAt(folder, rest, "%run")).href}?run=${++runs}`);
    },
    load(rest) {
      const file = fileAt(folder, rest, "%load");
      up.send({ type: "next", cell: currentCell(), code: `// %load ${rest}\n${readFileSync(file, "utf8")}` });
    },
    writefile: (rest, body) => writeCell(folder, rest, body),
  };
  const magics = {
    async run(name: string, rest: string, body = ""): Promise<void> {
      const action = actions[name];
      if (action === undefined)
        throw fault(
          "NO_SUCH_MAGIC",
          `%${name} is not a magic${rest === "" ? "" : " with arguments"}.`,
          "%help lists them",
        );
      await action(rest.trim(), body);
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
  const rows = MAGICS.flatMap(({ name, usage, help, cell }) => [
    [usage, help] as const,
    ...(cell === undefined ? [] : [[`%%${name}`, cell] as const]),
  ]).concat([
    ["debugger;", "a statement: stops there while the debugger is on (the bug above a notebook in JupyterLab)"],
  ]);
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
    // What TypeScript lowers decorators to is nobody's variable.
    for (const name of answer.names)
      if (!name.startsWith("__")) found.push({ name, type: typeOf(evaluator, name) ?? "no value" });
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
  release(names);
  const expression = names.map((name) => `try { ${name} = undefined } catch {}`).join(";");
  evaluator.session().post("Runtime.evaluate", { expression, silent: true, replMode: true });
  print(names.length === 1 ? "1 variable is undefined now" : `${names.length} variables are undefined now`);
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
