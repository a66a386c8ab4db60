// Two lists of outputs of one cell, stored and made now. Printed text must be equal; in displays and results numbers may differ by the
// tolerance. Of HTML the visible words and the data of charts count, not the markup; pictures count only where an output has nothing
// else to compare. Of an expected error its name and message count, not where in which file it came from.
import type { MimeBundle } from "../../../../lib/core/host.ts";
import { MANIFEST_MIME } from "../../../../lib/core/manifest.ts";
import { PLOTLY_MIME } from "../../../../lib/core/plotly-page.ts";
import { VOLATILE_MIME } from "../../../../lib/core/volatile.ts";
import type { Output } from "../notebook.ts";
import { compareJson } from "./json.ts";
import { firstDifference, isSameText, scrub } from "./texts.ts";

export interface Difference {
  /** What differs, e.g. "stdout", "text/plain", "data[0].y[3] of the figure". */
  readonly what: string;
  readonly stored: string;
  readonly now: string;
}
export interface Comparison {
  readonly differences: readonly Difference[];
  /** Times and paths that were left out. */
  readonly left: number;
}

const NAMES = { stream: "printed text", display_data: "display", execute_result: "result", error: "error" } as const;

/** @param tolerance relative, for numbers in displays and results */
export function compareOutputs(stored: readonly Output[], now: readonly Output[], tolerance: number): Comparison {
  const kinds = (outputs: readonly Output[]) => outputs.map((output) => NAMES[output.output_type]).join(", ") || "none";
  if (kinds(stored) !== kinds(now)) {
    return { differences: [{ what: "outputs", stored: kinds(stored), now: kinds(now) }], left: 0 };
  }
  const compared = stored.map((output, i) => compareOutput(output, now[i] as Output, tolerance));
  return {
    differences: compared.flatMap((one) => one.differences),
    left: compared.reduce((sum, one) => sum + one.left, 0),
  };
}

function compareOutput(stored: Output, now: Output, tolerance: number): Comparison {
  if (stored.output_type === "stream" && now.output_type === "stream") {
    if (stored.name !== now.name) return only({ what: "stream", stored: stored.name, now: now.name });
    return compareText(stored.name, [stored.text, []], [now.text, []], undefined);
  }
  if (stored.output_type === "error" && now.output_type === "error") {
    const text = ({ ename, evalue }: typeof stored) => `${ename}: ${evalue}`;
    return compareText("error", [text(stored), []], [text(now), []], undefined);
  }
  if ("data" in stored && "data" in now) return compareBundles(stored.data, now.data, tolerance);
  return only({ what: "output", stored: stored.output_type, now: now.output_type });
}

const only = (difference: Difference): Comparison => ({ differences: [difference], left: 0 });
const isJson = (mime: string) => mime === "application/json" || mime.endsWith("+json");
const isText = (mime: string) => mime.startsWith("text/") || mime === "image/svg+xml";

function compareBundles(stored: MimeBundle, now: MimeBundle, tolerance: number): Comparison {
  // Plain text first: its lines say best what differs.
  const place = (mime: string) => (mime === "text/plain" ? "" : mime);
  const names = (bundle: MimeBundle) =>
    Object.keys(bundle)
      // A run draws the picture of a figure when it writes the notebook: here there is none yet.
      .filter((mime) => mime !== VOLATILE_MIME && !(mime === "image/png" && PLOTLY_MIME in bundle))
      .sort((a, b) => (place(a) < place(b) ? -1 : 1));
  const [before, after] = [names(stored), names(now)];
  if (before.join() !== after.join()) {
    return only({ what: "representations", stored: before.join(", "), now: after.join(", ") });
  }
  // It describes a run: when, where, on what. What it says of results stands in the outputs before it.
  if (before.includes(MANIFEST_MIME)) return { differences: [], left: 0 };
  // A picture is drawn from what stands beside it, and no two versions of a library draw the same bytes.
  const hasMore = before.some((mime) => isJson(mime) || mime === "text/html" || mime === "image/svg+xml");
  let left = 0;
  for (const mime of before) {
    const one = compareMime(mime, stored, now, tolerance, hasMore);
    left += one.left;
    // One difference per output: its representations say the same.
    if (one.differences.length > 0) return { differences: one.differences, left };
  }
  return { differences: [], left };
}

function compareMime(
  mime: string,
  stored: MimeBundle,
  now: MimeBundle,
  tolerance: number,
  hasMore: boolean,
): Comparison {
  const [a, b] = [stored[mime], now[mime]];
  if (isJson(mime)) return compareData(mime, a, b, tolerance);
  if (typeof a !== "string" || typeof b !== "string") return { differences: [], left: 0 };
  // Those of both in both: a count of one may be written as a time of the other is.
  const times = [...timesIn(stored), ...timesIn(now)];
  if (mime === "text/html") {
    const words = compareText(mime, [visibleText(a), times], [visibleText(b), times], tolerance);
    return words.differences.length > 0
      ? words
      : join(words, compareData("chart", chartData(a), chartData(b), tolerance));
  }
  if (isText(mime)) return compareText(mime, [a, times], [b, times], tolerance);
  return hasMore || a === b ? { differences: [], left: 0 } : only({ what: mime, stored: size(a), now: size(b) });
}

const join = (a: Comparison, b: Comparison): Comparison => ({
  differences: [...a.differences, ...b.differences],
  left: a.left + b.left,
});
const size = (base64: string) => `a picture of ${Buffer.byteLength(base64, "base64")} bytes`;

type Text = readonly [text: string, times: readonly string[]];
function compareText(what: string, stored: Text, now: Text, tolerance: number | undefined): Comparison {
  const [a, b] = [scrub(...stored), scrub(...now)];
  if (isSameText(a.text, b.text, tolerance)) return { differences: [], left: b.left };
  return { differences: [{ what, ...firstDifference(a.text, b.text, tolerance) }], left: b.left };
}

function compareData(what: string, stored: unknown, now: unknown, tolerance: number): Comparison {
  const found = compareJson(stored, now, tolerance);
  return found
    ? only({ what: `${found.at} of ${what}`, stored: found.stored, now: found.now })
    : { differences: [], left: 0 };
}

function timesIn(bundle: MimeBundle): string[] {
  const { texts } = (bundle[VOLATILE_MIME] ?? {}) as { texts?: unknown };
  return Array.isArray(texts) ? texts.filter((text) => typeof text === "string") : [];
}

/** Of elements within a line: a word or a number goes on over their borders. */
const INLINE = /<\/?(?:a|b|code|em|i|mark|small|span|strong|sub|sup|u)\b[^>]*>/gi;

/** Only for comparing, never for showing: tags that end a word become spaces, entities stay. */
function visibleText(html: string): string {
  return html
    .replace(/<(script|style)\b.*?<\/\1\s*>/gis, " ")
    .replace(INLINE, "")
    .replace(/<!--.*?-->|<[^>]*>/gs, " ")
    .replace(/\s+/g, " ");
}

/** The figures that a page of ours carries for its interactive charts. */
function chartData(html: string): unknown[] {
  return [...html.matchAll(/<script type="application\/json">(.*?)<\/script>/gs)].map(([, json = ""]) => {
    try {
      return JSON.parse(json) as unknown;
    } catch {
      return json; // no JSON: compared as the text it is
    }
  });
}
