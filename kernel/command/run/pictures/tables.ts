// The tables of an executed notebook as LaTeX files, one `tabular` each: \input{tables/09-scores}. Taken from what the outputs carry as
// text/latex; needs \usepackage{booktabs}.
import type { Notebook } from "../notebook.ts";
import { outputFiles, type OutputFile } from "./names.ts";

export function tablesOf(notebook: Notebook): OutputFile[] {
  return outputFiles(notebook, (bundle) => {
    const latex = bundle["text/latex"];
    if (typeof latex !== "string" || !latex.includes("\\begin{tabular}")) return undefined;
    const title = /^% (.+)$/m.exec(latex.split("\\begin")[0] ?? "")?.[1] ?? "table";
    return { title, contents: { tex: `${latex}\n` } };
  });
}
