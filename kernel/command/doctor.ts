// `blankslate doctor`: what is here, what was chosen and why, and what to do about what is missing. `--json` gives the same as data.
// Exit code 1 when no engine works or no kernel of this installation is installed.
import { type Examination, examine } from "./examine.ts";
import { COMMAND, bold, faint, markLine, say, shortPath } from "./terminal.ts";

type Mark = Parameters<typeof markLine>[0];
interface Line {
  readonly mark: Mark;
  readonly text: string;
  /** More facts, faint, below. */
  readonly more?: readonly string[];
  /** What to do about it. */
  readonly advice?: string;
}

/** The command. */
export async function doctor(options: { readonly json?: boolean }): Promise<number> {
  const found = await examine();
  const sections = report(found);
  const fails = sections.flatMap(([, lines]) => lines).some((line) => line.mark === "fail");
  if (options.json) say(JSON.stringify({ ...found, healthy: !fails }, null, 2));
  else show(sections);
  return fails ? 1 : 0;
}

function show(sections: ReturnType<typeof report>): void {
  for (const [title, lines] of sections) {
    say(`\n${bold(title)}`);
    for (const { mark, text, more = [], advice } of lines) {
      say(`  ${markLine(mark, text)}`);
      for (const fact of more) say(`    ${faint(fact)}`);
      if (advice) say(`    → ${advice}`);
    }
  }
  say();
}

function report(found: Examination): [string, Line[]][] {
  return [
    ["Runtime", runtime(found)],
    ["Tensors", engines(found)],
    ["Jupyter", jupyter(found)],
  ];
}

function runtime({ blankslate, runtime: { node, pinned, path }, machine }: Examination): Line[] {
  const { cpu, cores, memoryGiB, platform } = machine;
  return [
    { mark: "ok", text: `Blankslate ${blankslate.version}`, more: [shortPath(blankslate.root)] },
    pinned
      ? { mark: "ok", text: `Node ${node}, the pinned one`, more: [shortPath(path)] }
      : {
          mark: "note",
          text: `Node ${node}, not the pinned one`,
          more: [shortPath(path)],
          advice: `no pinned Node is installed for ${platform}: run npm ci in Blankslate's folder`,
        },
    { mark: "ok", text: `${cores} cores, ${memoryGiB} GiB`, more: [`${cpu}, ${platform}`] },
  ];
}

function engines({ engines: probe, native, gpu }: Examination): Line[] {
  const lines: Line[] = [];
  if (gpu) lines.push({ mark: "ok", text: `${gpu.name}, ${gpu.memory}`, more: [`driver ${gpu.driver}`] });
  if ("problem" in probe) return [...lines, { mark: "fail", text: "no engine could be tried", more: [probe.problem] }];
  const { chosen } = probe;
  for (const engine of probe.engines) {
    const isChosen = "name" in chosen && chosen.name === engine.name;
    const figures = [
      engine.version,
      engine.device,
      engine.deviceName,
      engine.threads !== undefined && `${engine.threads} ${engine.threads === 1 ? "thread" : "threads"}`,
      engine.gigaflops !== undefined && `${engine.gigaflops} GFLOP/s`,
    ].filter(Boolean);
    const name = isChosen ? `${bold(engine.name)}, chosen: ${chosen.why}` : engine.name;
    const held = engine.memory ? [memoryText(engine.memory)] : [];
    if (engine.works) lines.push({ mark: "ok", text: name, more: [figures.join(", "), ...held] });
    else lines.push({ mark: "note", text: `${engine.name}: not available`, more: firstLine(engine.problem) });
  }
  if ("problem" in chosen) lines.push({ mark: "fail", text: "no engine runs", more: firstLine(chosen.problem) });
  if (!native.ready) {
    const advice =
      native.missing.length === 0
        ? `${COMMAND} setup obtains the native engine, several times as fast${gpu ? "; --cuda for the GPU" : ""}`
        : `the native engine, several times as fast, needs ${native.missing.join(" and ")}; then: ${COMMAND} setup`;
    lines.push({ mark: "note", text: "the native engine is not set up", advice });
  } else if (
    native.flavour === "cuda" &&
    probe.engines.some(({ name, device }) => name === "tensorflow" && device === "cpu")
  ) {
    lines.push({
      mark: "note",
      text: "the native engine is built for CUDA and finds no GPU: it computes on the CPU",
      advice: "nvidia-smi says whether the driver is there",
    });
  } else if (gpu && native.flavour === "cpu") {
    lines.push({
      mark: "note",
      text: "the native engine computes on the CPU",
      advice: `${COMMAND} setup --cuda uses the GPU`,
    });
  }
  return lines;
}

function memoryText({ tensors, bytes, limitBytes }: { tensors: number; bytes: number; limitBytes?: number }): string {
  const most = limitBytes === undefined ? "" : `; ${limitBytes / 2 ** 30} GiB at most`;
  return `${tensors} tensors, ${bytes} bytes left after a trial${most}`;
}

function jupyter({ jupyter: { lab, program, dataPath, prefix }, kernels }: Examination): Line[] {
  const lines: Line[] = [];
  if (lab)
    lines.push({ mark: "ok", text: `JupyterLab ${lab}`, more: program === "jupyter" ? [] : [shortPath(program)] });
  else {
    const advice = `${COMMAND} lab obtains a private one; running notebooks needs none`;
    lines.push({ mark: "note", text: "no JupyterLab on PATH", advice });
  }
  for (const { name, folder, state, argv } of kernels) {
    const text = { here: "starts this installation", elsewhere: "starts another one", broken: "is broken" }[state];
    const more =
      state === "here" ? [shortPath(folder)] : [shortPath(folder), argv.slice(0, 3).map(shortPath).join(" ")];
    const advice = state === "here" ? {} : { advice: `${COMMAND} install --name ${name} makes it start this one` };
    lines.push({ mark: state === "here" ? "ok" : "note", text: `kernel ${bold(name)} ${text}`, more, ...advice });
  }
  if (!kernels.some(({ state }) => state === "here")) {
    lines.push({
      mark: "fail",
      text: "no kernel of this installation is known to Jupyter",
      advice: `${COMMAND} install`,
    });
  }
  const places = [
    ...(prefix ? [`active environment ${shortPath(prefix)}`] : []),
    `looks in ${dataPath.map(shortPath).join(", ")}`,
  ];
  return [...lines, { mark: "ok", text: "Jupyter's data folders", more: places }];
}

const firstLine = (text = ""): string[] => [text.split("\n")[0] ?? ""];
