// Magics: the lines of a cell that are not TypeScript (`%time f()`, `!ls`). Here they are only recognised and rewritten, line for line,
// into calls that the executor answers, so that the executor and the type checker read a cell alike. What each does:
// kernel/execute/executor/magics.
//
// A magic stands in the first column, where a statement may begin. `!word` there is a shell command, so a negation that is its own
// statement needs a space or a parenthesis; `!function` and `!async` stay JavaScript.

export interface Magic {
  readonly name: string;
  readonly usage: string;
  readonly help: string;
}

export const MAGICS: readonly Magic[] = [
  { name: "help", usage: "%help", help: "shows this list" },
  {
    name: "time",
    usage: "%time CODE",
    help: "runs the code and says how long it took; as %%time on the first line: the whole cell",
  },
  { name: "timeit", usage: "%timeit CODE", help: "runs the code many times and gives the median" },
  { name: "who", usage: "%who", help: "lists the cells' variables with their types" },
  { name: "reset", usage: "%reset", help: "sets the cells' variables to undefined and forgets their types" },
  {
    name: "check",
    usage: "%check error|warn|off",
    help: "whether type errors stop cells, from here on; as %%check on the first line: this cell",
  },
  {
    name: "traceback",
    usage: "%traceback full|own",
    help: "whether errors show every frame, libraries' and Node's too, from here on",
  },
  { name: "env", usage: "%env [NAME[=VALUE]]", help: "shows or sets environment variables" },
  {
    name: "cd",
    usage: "%cd [FOLDER]",
    help: "changes the working directory; modules are still found from the notebook's folder",
  },
  { name: "npm", usage: "%npm ARGUMENTS", help: "runs npm in the notebook's folder: %npm install lodash" },
  { name: "run", usage: "%run FILE", help: "runs a TypeScript or JavaScript file as a module, anew each time" },
  { name: "sh", usage: "!COMMAND", help: "runs a shell command; a cell that begins with %%sh is a script" },
];

/** Where the executor answers. */
export const MAGIC_SYMBOL = "blankslate.magics";
const CALL = `globalThis[Symbol.for("${MAGIC_SYMBOL}")]`;

const NAMES = MAGICS.map((m) => m.name).join("|");
const LINE = new RegExp(
  `^(?:%(?<name>${NAMES})(?![\\w$])[ \\t]*(?<rest>.*)|!(?!function\\b|async\\b)(?<command>[\\w./~$"'-].*))$`,
);
const WHOLE_CELL = new RegExp(`^%%(?<name>time|check|sh|bash)(?![\\w$])[ \\t]*(?<rest>.*)$`);
const MAY_HAVE_MAGICS = /^[%!]/m;

/**
 * @param isWhole whether a text parses as a program
 * @returns the cell as TypeScript with as many lines; the same text when it has no magics
 * @example expandMagics("!ls", () => true) // 'await globalThis[Symbol.for("blankslate.magics")].run("sh", "ls");'
 */
export function expandMagics(cell: string, isWhole: (text: string) => boolean): string {
  if (!MAY_HAVE_MAGICS.test(cell)) return cell;
  const lines = cell.split("\n");
  const first = WHOLE_CELL.exec(lines[0]?.trimEnd() ?? "")?.groups;
  if (first?.["name"] === "sh" || first?.["name"] === "bash")
    return run("sh", lines.slice(1).join("\n")) + "\n".repeat(lines.length - 1);
  if (first) lines[0] = first["name"] === "time" ? `using $timed = ${CALL}.clock();` : "";
  for (const [index, line] of lines.entries()) {
    const found = LINE.exec(line.trimEnd())?.groups;
    // In a template, a comment or an unfinished expression it is part of that.
    if (!found || !isWhole(lines.slice(0, index).join("\n"))) continue;
    const { name, rest = "", command } = found;
    lines[index] = command === undefined ? expand(name ?? "", rest, isWhole) : run("sh", command);
  }
  return lines.join("\n");
}

function run(name: string, rest: string): string {
  return `await ${CALL}.run(${JSON.stringify(name)}, ${JSON.stringify(rest)});`;
}

function expand(name: string, rest: string, isWhole: (text: string) => boolean): string {
  if ((name !== "time" && name !== "timeit") || rest === "") return run(name, rest);
  const bare = rest.replace(/;\s*$/, "");
  const isExpression = isWhole(`(${bare}\n)`);
  const code = isExpression ? `(${bare})` : `{ ${rest} }`;
  if (name === "timeit") return `await ${CALL}.timeit(${/\bawait\b/.test(rest) ? "async " : ""}() => ${code});`;
  if (isExpression)
    return `await ${CALL}.time(${/\bawait\b/.test(rest) ? "async " : ""}() => ${code})${bare === rest ? "" : ";"}`;
  return `${CALL}.start(); ${rest.replace(/;?\s*$/, ";")} ${CALL}.stop();`;
}

export const CHECK_LEVELS = ["error", "warn", "off"] as const;
export type CheckLevel = (typeof CHECK_LEVELS)[number];

/** @returns what `%check` lines ask for: `cell` for this cell, `notebook` from the next one on */
export function checkLevels(cell: string): { readonly cell?: CheckLevel; readonly notebook?: CheckLevel } {
  if (!MAY_HAVE_MAGICS.test(cell)) return {};
  const found = [...cell.matchAll(/^(%%?)check[ \t]+(error|warn|off)[ \t]*\r?$/gm)];
  const last = (mark: string) => found.findLast(([, m]) => m === mark)?.[2] as CheckLevel | undefined;
  const [own, notebook] = [last("%%") ?? last("%"), last("%")];
  return { ...(own && { cell: own }), ...(notebook && { notebook }) };
}
