// How help looks: the front page by what one wants to do, a command's page by its arguments and options.
import type { Argument, Command, Help } from "commander";
import { bold, COMMAND, faint, paint } from "./terminal.ts";

const EXAMPLES: readonly (readonly [string, string])[] = [
  [`${COMMAND} start`, "everything, from set-up to the first results"],
  [`${COMMAND} lab notebooks`, "JupyterLab on the notebooks"],
  [`${COMMAND} run study.ipynb -p seed 7 --html`, "unattended: the executed notebook and a page"],
  [`${COMMAND} run study.executed.ipynb --check`, "do its cells still give what it says they gave?"],
];

const cyan = (text: string) => paint("cyan", text);

export const HELP_STYLE: Partial<Help> = {
  styleTitle: bold,
  styleSubcommandText: cyan,
  styleOptionText: cyan,
  styleArgumentText: cyan,
  helpWidth: Math.min(process.stdout.columns || 90, 100),
};

/** Below the options of `run`. */
export const RUN_NOTES = `
${bold("--check")} executes the notebook again and compares each cell's outputs with the stored
ones. Printed text must be equal; numbers in results, tables and charts may differ by the
tolerance, relative to the larger (in a curve, to its largest value). Left out are
durations, dates, folders of paths, and what an output of the laboratory marks as a time;
how many were left out is said. Not compared: colours and sizes of charts and pages,
how axes write numbers, pictures beside the data they were drawn from, places in
tracebacks, a shown manifest. The default tolerance is for the same engine, number of
threads and kind of processor, which decide in what order sums are made. Elsewhere their
last digits differ, and training makes those a difference of the size of another seed's:
no tolerance says then whether results hold, only their intervals do.

${bold("--grid")}: -p rate '[1e-3,3e-3]' -p seed '[0,1]' --grid is four runs, each with files of
its own (NAME.executed.rate-0.001.seed-0.ipynb). A list as a value of every run: '[[1,2]]'.

${bold("--keep, --resume")}: with --keep, a run that a failing cell, the time limit or ^C stopped
leaves its kernel for an hour. Correct the cell and the same command with --resume goes on
there: in the same process, with its variables, provided that no cell before it has
changed. The manifest lists each resume (what the first attempt left is still there). A
finished run and a new one end the kernel. After a crash, trainings go on from their
checkpoints (options checkpoint and resumeFrom); the cells before them run again.
`;

/** Below the options of `lsp`. */
export const LSP_NOTES = `
${bold("In JupyterLab")}, with the extension jupyterlab-lsp (pip install jupyterlab-lsp):
blankslate install --lsp   and start JupyterLab again: errors are underlined while
                           one types, Ctrl shows what a name is, completion has
                           types without a running kernel.
`;

/** The root command's page. */
export const FRONT_PAGE: Partial<Help> = {
  ...HELP_STYLE,
  formatHelp(program, helper) {
    const commands = helper.visibleCommands(program);
    const groups = [...new Set(commands.map((command) => command.helpGroup()))];
    const list = (title: string, rows: (readonly [string, string])[]) => `${bold(title)}\n${columns(rows)}\n`;
    const options = helper.visibleOptions(program).map((option) => [option.flags, option.description] as const);
    return [
      `${helper.commandDescription(program)}\n`,
      ...groups.map((group) => list(group, commands.filter((command) => command.helpGroup() === group).map(row))),
      list("Options", options),
      `${bold("Examples")}\n${columns(EXAMPLES, (text) => text, faint)}\n`,
    ].join("\n");
  },
};

function row(command: Command): [string, string] {
  const own = command.registeredArguments.filter((argument) => !argument.variadic);
  return [[command.name(), ...own.map(term)].join(" "), command.summary()];
}

const term = (argument: Argument) => (argument.required ? `<${argument.name()}>` : `[${argument.name()}]`);

/** Wide enough for the longest command, so that all groups line up. */
const LEFT_WIDTH = 18;

function columns(rows: readonly (readonly [string, string])[], left = cyan, right = (text: string) => text): string {
  const width = Math.max(LEFT_WIDTH, ...rows.map(([name]) => name.length));
  return rows.map(([name, text]) => `  ${left(name.padEnd(width))}  ${right(text)}`).join("\n");
}
