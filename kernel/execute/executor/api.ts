// `display` in cells: display(value), display.html(...), display.clear(), and pieces that update in place.
import type { MimeBundle } from "../../../lib/core/host.ts";
import { bundleOf } from "../../display/bundle.ts";
import { TAGS } from "../../display/tags.ts";
import { keepResult } from "./last-result.ts";
import { installDeno } from "./deno.ts";
import { sendDisplay } from "./host.ts";
import { currentCell } from "./run.ts";
import { currentSink } from "./sink.ts";
import type { Up } from "./up.ts";

interface DisplayOptions {
  /** Names what is shown: the next display with the same name replaces it. */
  readonly displayId?: string;
  /** Says whether this replaces; by default it does when the name was shown before. */
  readonly update?: boolean;
  readonly metadata?: MimeBundle;
  /** The value is a bundle already: MIME type -> data. */
  readonly raw?: boolean;
}

export function installDisplay(up: Up): void {
  const raw = (data: MimeBundle, { displayId, update, metadata = {} }: DisplayOptions = {}) =>
    sendDisplay(up, data, metadata, displayId, update);

  /** @returns a promise only for values whose own display method is asynchronous */
  function display(value: unknown, options: DisplayOptions = {}): void | Promise<void> {
    if (options.raw) return raw(value as MimeBundle, options);
    const bundle = bundleOf(value);
    return bundle instanceof Promise ? bundle.then((data) => raw(data, options)) : raw(bundle, options);
  }
  const of = (mime: string) => (data: unknown, options?: DisplayOptions) => raw({ [mime]: data }, options);
  Object.assign(display, {
    clear({ wait = false }: { readonly wait?: boolean } = {}) {
      const sink = currentSink();
      if (sink) sink({ type: "clear", wait });
      else up.send({ type: "clear", cell: currentCell(), wait });
    },
    /** Shows a value in the front end's pager. */
    page(value: unknown): void | Promise<void> {
      const send = (data: MimeBundle) => up.send({ type: "page", cell: currentCell(), data });
      const bundle = bundleOf(value);
      return bundle instanceof Promise ? bundle.then(send) : send(bundle);
    },
    text: of("text/plain"),
    html: of("text/html"),
    markdown: of("text/markdown"),
    latex: of("text/latex"),
    svg: of("image/svg+xml"),
    png: of("image/png"),
    jpeg: of("image/jpeg"),
    gif: of("image/gif"),
    pdf: of("application/pdf"),
    json: of("application/json"),
    javascript: of("application/javascript"),
  });
  for (const [name, tag] of Object.entries(TAGS)) {
    Object.defineProperty(globalThis, name, { configurable: true, writable: true, value: tag });
  }
  installDeno(display);
  // TypeScript's decorators put their metadata there if it is there; this V8 has the symbol not yet.
  Object.defineProperty(Symbol, "metadata", { configurable: true, value: Symbol.for("Symbol.metadata") });
  keepResult(undefined);
  Object.defineProperty(globalThis, "display", { configurable: true, writable: true, value: display });
}
