// Terminal text as HTML: SGR colours become classes, other control sequences vanish, everything else is escaped. Redrawn lines ("\r")
// were already merged when the output was collected.
import { html, type Html } from "../../../lib/core/html.ts";

const NAMES = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"] as const;
const ESCAPE = "\u001b";
const BELL = "\u0007";
/** CSI sequences that are no colours, OSC titles and links, single-letter escapes: they say nothing on paper. */
const OTHER = new RegExp(`^(\\[[\\d;?]*[ -/]*[@-~]|\\][^${BELL}]*${BELL}?|.)`, "s");

interface Pen {
  bold?: boolean;
  faint?: boolean;
  italic?: boolean;
  underline?: boolean;
  colour?: string;
}

/** @example ansiToHtml("\u001b[31mno\u001b[0m <b>").toString() // '<span class="t-red">no</span> &lt;b&gt;' */
export function ansiToHtml(text: string): Html {
  const pen: Pen = {};
  const [first = "", ...rest] = text.split(ESCAPE);
  const parts: Html[] = [html`${first}`];
  for (const piece of rest) {
    const sgr = /^\[([\d;]*)m/.exec(piece);
    if (sgr) apply(pen, (sgr[1] ?? "").split(";").map(Number));
    const body = sgr ? piece.slice(sgr[0].length) : piece.replace(OTHER, "");
    if (body !== "") parts.push(wrap(pen, body));
  }
  return html`${parts}`;
}

function apply(pen: Pen, codes: number[]): void {
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] ?? 0;
    if (code === 0) forget(pen, ["bold", "faint", "italic", "underline", "colour"]);
    else if (code === 1) pen.bold = true;
    else if (code === 2) pen.faint = true;
    else if (code === 3) pen.italic = true;
    else if (code === 4) pen.underline = true;
    else if (code === 22) forget(pen, ["bold", "faint"]);
    else if (code === 39) forget(pen, ["colour"]);
    else if (code === 38 || code === 48) {
      const [kind = 0, index = 0] = codes.slice(i + 1, i + 3);
      if (code === 38 && kind === 5 && index < 16) pen.colour = NAMES[index % 8] as string;
      i += kind === 5 ? 2 : 4;
    } else if (code >= 30 && code <= 37) pen.colour = NAMES[code - 30] as string;
    else if (code >= 90 && code <= 97) pen.colour = code === 90 ? "grey" : (NAMES[code - 90] as string);
  }
}

function forget(pen: Pen, names: readonly (keyof Pen)[]): void {
  for (const name of names) delete pen[name];
}

function wrap({ colour, ...marks }: Pen, text: string): Html {
  const names = [...Object.keys(marks), ...(colour === undefined ? [] : [colour])];
  if (names.length === 0) return html`${text}`;
  return html`<span class="${names.map((name) => `t-${name}`).join(" ")}">${text}</span>`;
}
