// The Output widget: a place for prints and displays that is not below a cell. Unlike ipywidgets' it catches by call, not by time: what
// the captured function prints goes there, also later from its timers and promises, and nothing else does.
import { bundleOf } from "../../../display/bundle.ts";
import { intoSink, type Sunk } from "../sink.ts";
import { partsOf, type LayoutState } from "./controls.ts";
import { Widget } from "./widget.ts";

/** An output as notebooks store it; the id is ours, to replace it by. */
type Shown =
  | { readonly output_type: "stream"; readonly name: string; text: string }
  | { readonly output_type: "display_data"; data: object; metadata: object; readonly displayId?: string };

const FRONT = {
  module: "@jupyter-widgets/output",
  version: "1.0.0",
  model: "OutputModel",
  view: "OutputView",
} as const;
/** Between two updates: each carries all of the output. */
const INTERVAL_MS = 100;
/** Large outputs are sent less often: this many UTF-16 units a second at most. */
const UNITS_PER_SECOND = 1_000_000;

export class Output extends Widget<{ outputs: readonly object[] }> {
  #outputs: Shown[] = [];
  #clearing = false;
  #sentAt = -Infinity;
  #units = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(state: { readonly layout?: LayoutState } = {}) {
    super(FRONT, { msg_id: "", outputs: [], ...partsOf(state, "") } as { outputs: readonly object[] });
  }

  /**
   * Runs a function whose prints and displays go here.
   * @returns what it returns
   */
  capture<T>(work: () => T): T {
    return intoSink((output) => this.#take(output), work);
  }

  /** Adds a value, shown as a last expression is. */
  async append(value: unknown): Promise<void> {
    this.#take({ type: "display", data: await bundleOf(value), metadata: {}, update: false });
  }

  clear({ wait = false }: { readonly wait?: boolean } = {}): void {
    this.#take({ type: "clear", wait });
  }

  override close(): void {
    clearTimeout(this.#timer);
    super.close();
  }

  #take(output: Sunk): void {
    if (output.type === "clear" && output.wait) {
      this.#clearing = true;
      return;
    }
    if (output.type === "clear" || this.#clearing) this.#outputs = [];
    this.#clearing = false;
    if (output.type === "stream") this.#print(output.name, output.text);
    else if (output.type === "display") this.#show(output);
    const wait = this.#sentAt + Math.max(INTERVAL_MS, (this.#units / UNITS_PER_SECOND) * 1_000) - performance.now();
    if (wait <= 0) this.#publish();
    else this.#timer ??= setTimeout(() => this.#publish(), wait);
  }

  #print(name: string, text: string): void {
    const last = this.#outputs.at(-1);
    if (last?.output_type === "stream" && last.name === name) last.text += text;
    else this.#outputs.push({ output_type: "stream", name, text });
  }

  #show({ data, metadata, displayId, update }: Extract<Sunk, { type: "display" }>): void {
    const shown = this.#outputs.filter((one) => one.output_type === "display_data" && one.displayId === displayId);
    if (update) for (const one of shown) Object.assign(one, { data, metadata });
    else this.#outputs.push({ output_type: "display_data", data, metadata, ...(displayId ? { displayId } : {}) });
  }

  #publish(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#sentAt = performance.now();
    const outputs = this.#outputs.map((one) => {
      if (one.output_type === "stream") return { ...one };
      const { displayId: _, ...plain } = one;
      return plain;
    });
    this.#units = JSON.stringify(outputs).length;
    this.set({ outputs });
  }
}
