// Every entry as one notebook of text cells, and that as one page: searchable, with contents, without the network.
import { notebookPage } from "../html/page.ts";
import type { Cell, Notebook } from "../run/notebook.ts";
import type { Entry } from "./collect.ts";

/** What groups are called, in the order of the page. */
export const GROUPS: Readonly<Record<string, string>> = {
  functions: "Training, evaluation and the rest",
  world: "world: tasks with a known distribution",
  model: "model: seeded transformers",
  tokenizer: "tokenizer",
  data: "data: examples from files and elsewhere",
  rewards: "rewards: what reinforcement learning is paid for",
  probe: "probe: instruments of the claim",
  chart: "chart: figures",
  results: "Results and their methods",
};

const fence = (code: string): string => `\`\`\`typescript\n${code}\n\`\`\``;
/** Bars end a table's cell; what looks like a tag is shown as it is. */
const cell = (text: string): string =>
  text
    .replaceAll("|", "\\|")
    .replaceAll("<", "&lt;")
    .replaceAll(/\s*\n\s*/g, " ");
const prose = (text: string): string => text.replaceAll("<", "&lt;");

function entryMarkdown(entry: Entry): string {
  const { name, signatures, text, parameters, returns, throws, options, examples, place } = entry;
  const table = (head: string, rows: readonly string[]): string => `| ${head} | |\n| :-- | :-- |\n${rows.join("\n")}`;
  return [
    `### ${name}`,
    fence(signatures.join("\n")),
    prose(text),
    parameters.length > 0
      ? table(
          "argument",
          parameters.map((one) => `| \`${one.name}\` | ${cell(one.text)} |`),
        )
      : "",
    options.length > 0
      ? table(
          "option",
          options.map(
            (one) =>
              `| \`${one.name}${one.optional ? "?" : ""}\` | \`${cell(one.type).replaceAll("&lt;", "<")}\` ${cell(one.text)} |`,
          ),
        )
      : "",
    returns === "" ? "" : `**Returns** ${prose(returns)}`,
    throws.length === 0 ? "" : `**Errors** ${throws.map(prose).join("; ")}`,
    examples.length === 0 ? "" : fence(examples.join("\n")),
    `*${place}*`,
  ]
    .filter(Boolean)
    .join("\n\n");
}

/** @returns the page */
export function documentationPage(entries: readonly Entry[], version: string): Promise<string> {
  const known = Object.keys(GROUPS);
  const groups = [...new Set([...known, ...entries.map(({ group }) => group)])];
  let count = 0;
  const text = (source: string): Cell => ({ cell_type: "markdown", id: `entry-${count++}`, metadata: {}, source });
  const cells = groups.flatMap((group) => {
    const own = entries.filter((entry) => entry.group === group);
    return own.length === 0
      ? []
      : [text(`## ${GROUPS[group] ?? group}`), ...own.map((entry) => text(entryMarkdown(entry)))];
  });
  const intro = `# Blankslate ${version}\n\nEvery public function, from the sources' own comments. In a notebook, hovering or Shift-Tab shows the same; in a terminal, \`blankslate help NAME\`.`;
  const notebook: Notebook = { nbformat: 4, nbformat_minor: 5, metadata: {}, cells: [text(intro), ...cells] };
  return notebookPage(notebook, { name: "the sources", search: true });
}
