// Texts and numbers as Plotly may have them.

/** JSON has no NaN: a missing value is null, which Plotly draws as a gap. */
export const plain = (values: readonly number[]): (number | null)[] =>
  values.map((v) => (Number.isFinite(v) ? v : null));

/** Plotly reads a few tags (`<b>`, `<a href>`) and `%{…}` in texts: neither may come from data. */
export function quiet(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll("%{", "% {");
}
