// Magics: the lines of a cell that are not TypeScript (`%time f()`, `!ls`). Here they are only recognised and rewritten, line for line,
// into calls that the executor answers, so that the executor and the type checker read a cell alike. What each does:
// kernel/execute/executor/magics.
//
// A magic stands in the first column, where a statement may begin. `!word` there is a shell command, so a negation that is its own
// statement needs a space or a parenthesis; `!function` and `!async` stay JavaScript.

export interface Magic {
  readonly name: string;
  /** `%name …` as a line, or `%%name …` for one that only begins a cell. */
  readonly usage: string;
  readonly help: string;
  /** What it does as `%%name` on the first line, when it is a line's as well. */
  readonly cell?: string;
}

export const MAGICS: readonly Magic[] = [
  {
    name: "help",
    usage: "%help",
    help: "shows this list; %help NAME, NAME? and ?NAME as a whole cell say what a name is",
  },
  {
    name: "time",
    usage: "%time CODE",
    help: "runs the code and says how long it took",
    cell: "the whole cell",
  },
  {
    name: "timeit",
    usage: "%timeit CODE",
    help: "runs the code many times and gives the median",
    cell: "the whole cell; what stands on the first line runs once before",
  },
  { name: "who", usage: "%who", help: "lists the cells' variables with their types" },
  { name: "reset", usage: "%reset", help: "sets the cells' variables to undefined and forgets their types" },
  {
    name: "check",
    usage: "%check error|warn|off",
    help: "whether type errors stop cells, from here on",
    cell: "this cell alone",
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
  { name: "load", usage: "%load FILE", help: "puts a file's text in the cell's place" },
  {
    name: "sh",
    usage: "!COMMAND",
    help: "runs a shell command",
    cell: "the whole cell is a script, and fails if that does; so does %%bash",
  },
  { name: "writefile", usage: "%%writefile [-a] FILE", help: "writes the cell's text to a file; -a adds to its end" },
  { name: "html", usage: "%%html", help: "shows the cell as HTML; so do %%markdown, %%latex and %%svg" },
  { name: "javascript", usage: "%%javascript", help: "runs the cell in the page, not in the kernel" },
];

/** Cells that are shown as what they are. */
const SHOWN = ["html", "markdown", "latex", "svg", "javascript"] as const;
/** Cell forms that stand for another's. */
const ALIASES: Readonly<Record<string, string>> = { bash: "sh", md: "markdown", js: "javascript", file: "writefile" };
/** Of a cell's first line. */
export const CELL_MAGICS: readonly string[] = [
  ...MAGICS.filter((m) => m.cell !== undefined).map((m) => m.name),
  ...SHOWN,
  "bash",
  "writefile",
];

/** What fingers that know IPython type, and what does it here. */
const INSTEAD: Readonly<Record<string, string>> = {
  conda: "!conda",
  ls: "!ls",
  lsmagic: "%help",
  pinfo: "%help NAME",
  pip: "!pip",
  pwd: "!pwd",
  python: "!python3 FILE",
  python3: "!python3 FILE",
  whos: "%who",
};

/** @example insteadOf("%pip") // ", but !pip is" */
export function insteadOf(magic: string): string {
  const name = magic.replace(/^%+/, "");
  return Object.hasOwn(INSTEAD, name) ? `, but ${INSTEAD[name]} is` : "";
}

/** Where the executor answers. */
export const MAGIC_SYMBOL = "blankslate.magics";
const CALL = `globalThis[Symbol.for("${MAGIC_SYMBOL}")]`;

const NAMES = MAGICS.filter((m) => !m.usage.startsWith("%%")).map((m) => m.name);
const LINE = new RegExp(
  `^(?:%(?<name>${NAMES.join("|")})(?![\\w$])[ \\t]*(?<rest>.*)|!(?!function\\b|async\\b)(?<command>[\\w./~$"'-].*))$`,
);
const WHOLE_CELL = new RegExp(
  `^%%(?<name>${[...CELL_MAGICS, ...Object.keys(ALIASES)].join("|")})(?![\\w$])[ \\t]*(?<rest>.*)$`,
);
const MAY_HAVE_MAGICS = /^[%!]/m;
const NAME = "[\\p{ID_Start}$_][\\p{ID_Continue}$]*(?:\\.[\\p{ID_Start}$_][\\p{ID_Continue}$]*)*";
const HELP = new RegExp(`^\\s*(?:%help[ \\t]+(${NAME})|\\?{1,2}(${NAME})|(${NAME})\\?{1,2})\\s*$`, "u");

/**
 * @returns the name that a cell asks about, when that is all it does: in longer cells `?` may belong to a condition
 * @example helpTopic("chart.loss?") // "chart.loss"
 */
export function helpTopic(cell: string): string | undefined {
  const [, ...names] = HELP.exec(cell) ?? [];
  return names.find((name) => name !== undefined);
}

/**
 * @param isWhole whether a text parses as a program
 * @returns the cell as TypeScript with as many lines; the same text when it has no magics
 * @example expandMagics("!ls", () => true) // 'await globalThis[Symbol.for("blankslate.magics")].run("sh", "ls");'
 */
export function expandMagics(cell: string, isWhole: (text: string) => boolean): string {
  // Answered before it gets here, by the process that knows types.
  if (helpTopic(cell) !== undefined) return "\n".repeat(cell.split("\n").length - 1);
  if (!MAY_HAVE_MAGICS.test(cell)) return cell;
  const lines = cell.split("\n");
  const found = WHOLE_CELL.exec(lines[0]?.trimEnd() ?? "")?.groups;
  const whole = found && (ALIASES[found["name"] ?? ""] ?? found["name"] ?? "");
  const rest = found?.["rest"] ?? "";
  if (whole !== undefined) {
    if (isText(whole)) return runCell(whole, rest, lines.slice(1)) + "\n".repeat(lines.length - 1);
    lines[0] = whole === "time" ? `using $timed = ${CALL}.clock();` : "";
  }
  for (const [index, line] of lines.entries()) {
    const magic = LINE.exec(line.trimEnd())?.groups;
    // In a template, a comment or an unfinished expression it is part of that.
    if (!magic || !isWhole(lines.slice(0, index).join("\n"))) continue;
    const { name, rest: text = "", command } = magic;
    lines[index] = command === undefined ? expand(name ?? "", text, isWhole) : run("sh", command);
  }
  if (whole !== "timeit") return lines.join("\n");
  // One line more at the end: the last one of the cell may be a comment.
  lines[0] = `{ ${rest}; await ${CALL}.timeit(${/\bawait\b/.test(cell) ? "async " : ""}() => {`;
  return `${lines.join("\n")}\n}); }`;
}

/** Whether the cell behind `%%name` is no TypeScript. */
function isText(name: string): boolean {
  return name === "sh" || name === "writefile" || SHOWN.some((kind) => kind === name);
}

function runCell(name: string, rest: string, body: readonly string[]): string {
  const text = body.map((line) => line.replace(/\r$/, "")).join("\n");
  return name === "sh" ? run("script", rest === "" ? text : `${rest}\n${text}`) : runWith(name, rest, text);
}

function runWith(name: string, rest: string, text: string): string {
  return `await ${CALL}.run(${JSON.stringify(name)}, ${JSON.stringify(rest)}, ${JSON.stringify(text)});`;
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
  const first = WHOLE_CELL.exec(cell.split("\n", 1)[0]?.trimEnd() ?? "")?.groups?.["name"] ?? "";
  if (isText(ALIASES[first] ?? first)) return {};
  const found = [...cell.matchAll(/^(%%?)check[ \t]+(error|warn|off)[ \t]*\r?$/gm)];
  const last = (mark: string) => found.findLast(([, m]) => m === mark)?.[2] as CheckLevel | undefined;
  const [own, notebook] = [last("%%") ?? last("%"), last("%")];
  return { ...(own && { cell: own }), ...(notebook && { notebook }) };
}
