// From iopub messages to a notebook's outputs, by nbclient's rules: consecutive texts of one stream are one output, display_id updates
// every output that carries the id, in whatever cell, clear_output with wait clears when the next output comes. Unlike nbclient,
// output that arrives after its cell ended still goes to that cell.
import type { MimeBundle } from "../../../lib/core/host.ts";
import type { CodeCell, DisplayOutput, Output, ResultOutput } from "./notebook.ts";

/** What the collector needs of a message. */
export interface IopubMessage {
  readonly header: { readonly msg_type: string; readonly date?: string };
  readonly parent_header: { readonly msg_id?: string };
  readonly content: Readonly<Record<string, unknown>>;
}

/** Collects for the cells of one run. */
export class OutputCollector {
  readonly #cells = new Map<string, CodeCell>();
  readonly #clearNext = new Set<CodeCell>();
  readonly #displays = new Map<string, Set<DisplayOutput | ResultOutput>>();

  /** From now on, messages that answer this request belong to the cell; its old outputs are dropped. */
  begin(messageId: string, cell: CodeCell): void {
    cell.outputs = [];
    cell.execution_count = null;
    this.#cells.set(messageId, cell);
  }

  /** @returns the cell the message belongs to, undefined when it is nobody's */
  take(message: IopubMessage): CodeCell | undefined {
    const cell = this.#cells.get(message.parent_header.msg_id ?? "");
    const { content } = message;
    const type = message.header.msg_type;
    const displayId = (content["transient"] as { display_id?: string } | undefined)?.display_id;
    if (displayId !== undefined) this.#update(displayId, content);
    if (!cell) return undefined;
    if (typeof content["execution_count"] === "number") cell.execution_count = content["execution_count"];
    if (type === "clear_output") {
      if (content["wait"] === true) this.#clearNext.add(cell);
      else this.#clear(cell);
      return cell;
    }
    const output = toOutput(type, content);
    if (!output) return cell;
    if (this.#clearNext.has(cell)) this.#clear(cell);
    append(cell, output);
    if (displayId !== undefined && "data" in output) {
      const known = this.#displays.get(displayId) ?? new Set();
      this.#displays.set(displayId, known.add(output));
    }
    return cell;
  }

  /** @returns where each display id is shown: [place of the cell among `cells`, place of the output] */
  displays(cells: readonly CodeCell[]): [string, [number, number][]][] {
    return [...this.#displays].map(([id, shown]) => [
      id,
      cells.flatMap((cell, i) =>
        cell.outputs.flatMap((output, k): [number, number][] =>
          "data" in output && shown.has(output) ? [[i, k]] : [],
        ),
      ),
    ]);
  }

  /** Outputs of an earlier run follow their display ids, as `displays` told them. */
  adopt(displays: readonly (readonly [string, readonly (readonly [number, number])[]])[], cells: readonly CodeCell[]) {
    for (const [id, places] of displays) {
      const shown = places.flatMap(([i, k]) => cells[i]?.outputs[k] ?? []).filter((output) => "data" in output);
      this.#displays.set(id, new Set(shown));
    }
  }

  #update(displayId: string, content: Readonly<Record<string, unknown>>): void {
    for (const output of this.#displays.get(displayId) ?? []) {
      output.data = bundleOf(content["data"]);
      output.metadata = bundleOf(content["metadata"]);
    }
  }

  #clear(cell: CodeCell): void {
    for (const outputs of this.#displays.values()) {
      for (const output of cell.outputs) if ("data" in output) outputs.delete(output);
    }
    cell.outputs = [];
    this.#clearNext.delete(cell);
  }
}

function toOutput(type: string, content: Readonly<Record<string, unknown>>): Output | undefined {
  const data = bundleOf(content["data"]);
  const metadata = bundleOf(content["metadata"]);
  if (type === "stream") {
    const name = content["name"] === "stderr" ? "stderr" : "stdout";
    return { output_type: "stream", name, text: textOf(content["text"], "") };
  }
  if (type === "display_data") return { output_type: "display_data", data, metadata };
  if (type === "execute_result") {
    const count = content["execution_count"];
    return { output_type: "execute_result", execution_count: typeof count === "number" ? count : null, data, metadata };
  }
  if (type !== "error") return undefined;
  const traceback = Array.isArray(content["traceback"]) ? content["traceback"].map(String) : [];
  return {
    output_type: "error",
    ename: textOf(content["ename"], "Error"),
    evalue: textOf(content["evalue"], ""),
    traceback,
  };
}

const textOf = (value: unknown, absent: string): string => (typeof value === "string" ? value : absent);
const bundleOf = (value: unknown): MimeBundle =>
  typeof value === "object" && value !== null ? (value as MimeBundle) : {};

function append(cell: CodeCell, output: Output): void {
  const last = cell.outputs.at(-1);
  if (output.output_type === "stream" && last?.output_type === "stream" && last.name === output.name) {
    last.text = joinTerminalText(last.text, output.text);
  } else if (output.output_type === "stream") {
    cell.outputs.push({ ...output, text: joinTerminalText("", output.text) });
  } else {
    cell.outputs.push(output);
  }
}

/**
 * Appends text as nbclient and JupyterLab show it: what stands before a "\r" on its line is gone, "\b" takes one character away; a
 * progress bar that redraws itself a thousand times is one line. Only the open last line is looked at, so long outputs stay linear.
 * @example joinTerminalText("a\n10 %", "\r20 %") // "a\n20 %"
 */
export function joinTerminalText(before: string, added: string): string {
  if (!/[\r\b]/.test(added) && !before.endsWith("\r")) return before + added;
  const start = before.lastIndexOf("\n") + 1;
  let open = before.slice(start) + added;
  open = open.replaceAll("\r\n", "\n").replace(/[^\n]*\r(?=[^\n])/g, "");
  for (let was = ""; was !== open;) [was, open] = [open, open.replace(/[^\n\b][\b]/g, "")];
  return before.slice(0, start) + open;
}
