// The command line: names, options and help of every command; each is loaded when it is called. Errors are printed as code, fact and hint.
// Exit codes: 0 done, 1 failed, 2 called in a wrong way, 130 interrupted.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { BlankslateError } from "../../lib/core/errors.ts";
import { FRONT_PAGE, HELP_STYLE, LSP_NOTES, RUN_NOTES } from "./help.ts";
import { KERNEL_NAME, ROOT } from "./kernel-argv.ts";
import { bold, faint, paint } from "./terminal.ts";

const KEPT_MINUTES = 60;

/** @returns the exit code */
export async function main(args: readonly string[]): Promise<number> {
  let code = 0;
  const program = commandLine((result) => (code = result));
  try {
    await program.parseAsync(args.length === 0 ? ["--help"] : joinParameters(args), { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    process.stderr.write(`${describeError(error)}\n`);
    return 1;
  }
  return code;
}

function commandLine(done: (code: number) => void): Command {
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
  const program = new Command("blankslate");
  program
    .description(
      `${bold("Blankslate")} ${faint(version)}\nA Jupyter kernel for TypeScript with a laboratory inside it.`,
    )
    .version(version, "-v, --version", "print the version")
    .helpOption("-h, --help", "print help; also after a command")
    .helpCommand(false)
    .usage("<command> [options]")
    .configureHelp(HELP_STYLE)
    .configureOutput({ outputError: (text, write) => write(usageError(text)) })
    .showHelpAfterError(faint("  `blankslate --help` lists what there is."))
    .exitOverride();

  program
    .command("start")
    .helpGroup("Start here")
    .summary("set up what is missing, install the kernel, run the quickstart")
    .description(
      "Sets up what is missing, installs the kernel, runs notebooks/quickstart.ipynb and prints its scorecard.",
    )
    .option("--results <dir>", "where the executed notebook and its page go", "results")
    .action(async (options) => done(await (await import("./start.ts")).start(options)));
  program
    .command("lab")
    .helpGroup("Start here")
    .summary("open JupyterLab with this kernel")
    .description("Opens the JupyterLab found here, with the Blankslate kernel installed.")
    .argument("[folder]", "where its file browser starts", ".")
    .argument("[options...]", "of JupyterLab itself, after --")
    .option("--no-browser", "print the address, open nothing")
    .option("-y, --yes", "obtain a private JupyterLab without asking when there is none")
    .action(async (folder, more, options) => done(await (await import("./lab.ts")).lab(folder, more, options)));
  program
    .command("new")
    .helpGroup("Start here")
    .summary("write a starter notebook")
    .description("Writes a small notebook that trains, evaluates and draws; a place to begin.")
    .argument("[file]", "the notebook to write", "experiment.ipynb")
    .action(async (file) => done(await (await import("./new.ts")).newNotebook(file)));

  program
    .command("run")
    .helpGroup("Notebooks")
    .summary("execute a notebook from top to bottom; write it and a page")
    .description(
      "Executes every code cell in order on a kernel of its own and writes the executed notebook and its manifest: cells, versions, " +
        "engine, seeds, hashes of models and data, configurations, metrics, checksums. A failing cell, a time-out or ^C ends the run; what " +
        "there is until then is written all the same. Exit code 1: a cell failed, or differs with --check; 130: interrupted.",
    )
    .argument("<notebook>", "an .ipynb file; cells run in its folder")
    .option("-o, --output <file>", "the executed notebook (default: NAME.executed.ipynb here)")
    .option("--html [file]", "also a self-contained page (default: beside the executed notebook)", notNotebook)
    .option("--pdf [file]", "also a PDF, printed by the Chromium or Chrome found here", notNotebook)
    .option("--figures <dir>", "also every figure, as PNG and SVG")
    .option("--latex-tables <dir>", "also every table, as LaTeX (booktabs)")
    .option("--ro-crate <dir>", "also all of it in one folder, described for archives (RO-Crate 1.1)")
    .option("-p, --parameter <name value>", "set a parameter, as JSON or text; repeat it for more", collectPair)
    .option("--grid", "one run per combination of the parameters that are lists")
    .option("--check", "compare with the stored results and write nothing (but with -o)")
    .option("--tolerance <relative>", "how far numbers may differ in --check (default: 1e-6)", positive)
    .option("--timeout <seconds>", "interrupt a cell that runs longer", positive)
    .option("--keep [minutes]", "if it stops, its kernel stays this long (default: 60), for --resume", positive)
    .option("--resume", "go on where the run stopped, with the kernel it kept")
    .addHelpText("after", RUN_NOTES)
    .action(async (notebook, { parameter, keep, ...options }) => {
      const { run } = await import("./run.ts");
      const minutes = keep === true ? KEPT_MINUTES : keep;
      done(await run(notebook, { ...options, ...(minutes && { keep: minutes }), parameters: parameter ?? [] }));
    });

  program
    .command("help")
    .helpGroup("Start here")
    .summary("what the library has, and how a function is called")
    .description(
      "Says what a function of the library does, its options, errors and examples; lists them without a topic.",
    )
    .argument("[topic...]", "a function (sft, chart.loss), a group (probe), a command, or words to look for")
    .option("--html <file>", "write all of it as one searchable page")
    .action(async (topic, options) => {
      const command = program.commands.find((one) => one.name() === topic.join(" "));
      if (command) return command.outputHelp();
      done(await (await import("./documentation/command.ts")).help(topic, options));
    });

  const named = () => new Option("--name <name>", "the kernel's name").default(KERNEL_NAME);
  program
    .command("install")
    .helpGroup("The kernel")
    .summary("make the kernel known to Jupyter")
    .description("Writes the kernelspec: how Jupyter starts this kernel, by absolute paths.")
    .option("--user", "for this user (the default)")
    .option("--sys-prefix", "into the active Python environment")
    .option("--prefix <dir>", "into DIR/share/jupyter/kernels")
    .option("--lsp", "and the language server, for JupyterLab with jupyterlab-lsp")
    .addOption(named())
    .action(async (options) => done(await (await import("./install.ts")).install(options)));
  program
    .command("uninstall")
    .helpGroup("The kernel")
    .summary("remove it from Jupyter again")
    .addOption(named())
    .action(async (options) => done(await (await import("./install.ts")).uninstall(options)));
  program
    .command("setup")
    .helpGroup("The kernel")
    .summary("obtain the native tensor engine")
    .description("Obtains libtensorflow and compiles the binding to it; needs Python 3 and a C++ compiler, never root.")
    .option("--cuda", "for an NVIDIA GPU")
    .option("--again", "build it anew although it is there")
    .option("--if-possible", "go on with wasm, saying so, where it cannot be had")
    .action(async (options) => done(await (await import("./setup-engine.ts")).setupEngine(options)));
  program
    .command("doctor")
    .helpGroup("The kernel")
    .summary("look at runtime, engines and Jupyter; say what is missing")
    .option("--json", "as JSON")
    .action(async (options) => done(await (await import("./doctor.ts")).doctor(options)));
  program
    .command("lsp")
    .helpGroup("The kernel")
    .summary("a language server for editors, over stdin and stdout")
    .description("Completion, hover, signatures, errors and renaming for a notebook's cells, as a language server.")
    .option("--stdio", "as other language servers want to be told; there is no other way")
    .addHelpText("after", LSP_NOTES)
    .action(async () => (await import("./lsp.ts")).runLanguageServer());
  program
    .command("kernel", { hidden: true })
    .description("Runs the kernel of a connection file; Jupyter calls this.")
    .argument("<connection_file>")
    .action(async (file) => done(await (await import("../session/kernel.ts")).runKernel(file)));
  program
    .command("keep", { hidden: true })
    .description("Holds the kernel of a run that may be resumed; run --keep calls this.")
    .argument("<folder>")
    .action(async (folder) => done(await (await import("./run/keep/keeper.ts")).keep(folder)));
  for (const sub of program.commands) sub.copyInheritedSettings(program).helpOption("-h, --help", "print this help");
  return program.configureHelp(FRONT_PAGE);
}

/**
 * Commander's options take one value; `-p NAME VALUE` becomes `-p NAME=VALUE`, which is accepted as well.
 * @example joinParameters(["run", "x.ipynb", "-p", "rate", "-1"]) // ["run", "x.ipynb", "--parameter=rate=-1"]
 */
function joinParameters(args: readonly string[]): string[] {
  const joined: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const [flag = "", name = "", value] = args.slice(i, i + 3);
    const isPair = (flag === "-p" || flag === "--parameter") && !name.includes("=") && value !== undefined;
    joined.push(isPair ? `--parameter=${name}=${value}` : flag);
    if (isPair) i += 2;
  }
  return joined;
}

function collectPair(text: string, pairs: readonly [string, string][] = []): [string, string][] {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("write -p NAME VALUE.");
  return [...pairs, [text.slice(0, at), text.slice(at + 1)]];
}

function notNotebook(text: string): string {
  if (text.endsWith(".ipynb"))
    throw new InvalidArgumentError("put the option after the notebook, or name the file to write.");
  return text;
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError("a number above 0, please.");
  return value;
}

function usageError(text: string): string {
  return text.replace(/^error: (.*)$/m, (_, fact: string) => `${paint("red", "USAGE")}: ${fact}`);
}

/** An error of ours is told to the user; any other is a bug of ours or of the system, and keeps its stack. */
function describeError(error: unknown): string {
  if (error instanceof BlankslateError) {
    return `${paint(["bold", "red"], error.code)}: ${error.fact}\n  ${faint("hint:")} ${error.hint}`;
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
