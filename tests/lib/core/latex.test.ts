import { expect, test } from "vitest";
import { rowsTable, tableBundle } from "../../../lib/core/table.ts";

test("a table is a booktabs tabular: numbers right, intervals in one cell, no character of a cell is a command", () => {
  const rows = [
    { model_name: "50 % \\input{x} & $y$", accuracy: { value: 0.5, low: 0.4, high: 0.6 }, n: 20 },
    { model_name: "✓ agrees", accuracy: { value: 0.25, low: 0.15, high: 0.35 }, n: 3 },
  ];
  const latex = tableBundle(rowsTable(rows, { typed: false, caption: "Scores" }))["text/latex"];
  expect(latex).toBe(
    String.raw`% Scores
\begin{tabular}{lrr}
\toprule
model\_name & accuracy & n \\
\midrule
50 \% \textbackslash{}input\{x\} \& \$y\$ & 0.50 $\pm$ 0.10 & 20 \\
$\checkmark$ agrees & 0.25 $\pm$ 0.10 & 3 \\
\bottomrule
\end{tabular}`,
  );
});

test("a table of 40 rows shows 20 with dots, and its true shape as a comment", () => {
  const latex = String(tableBundle(rowsTable(Array.from({ length: 40 }, (_, i) => ({ i }))))["text/latex"]);
  expect(latex.split("\n").at(-1)).toBe("% 40 rows × 1 column");
  expect(latex.match(/\\\\$/gm)).toHaveLength(22);
  expect(latex).toContain("$\\vdots$ \\\\");
});
