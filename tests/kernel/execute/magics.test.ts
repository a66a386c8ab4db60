import { parseSync } from "oxc-parser";
import { expect, test } from "vitest";
import { formatMs } from "../../../kernel/execute/executor/magics/timing.ts";
import { transformCell } from "../../../kernel/execute/executor/transform.ts";
import { completeAt } from "../../../kernel/language/completion.ts";
import { completeness } from "../../../kernel/language/completeness.ts";
import { diagnose } from "../../../kernel/language/diagnostics.ts";
import { createNotebook } from "../../../kernel/language/notebook.ts";
import { checkLevels, expandMagics, helpTopic } from "../../../lib/core/magics.ts";
import { newPlaces } from "../language/places.ts";

const isWhole = (text: string) => parseSync("c.ts", text, { lang: "ts", sourceType: "module" }).errors.length === 0;
const expand = (cell: string) => expandMagics(cell, isWhole);
const M = `globalThis[Symbol.for("blankslate.magics")]`;

test("magics become calls on their own lines, so that line numbers stay", () => {
  expect(expand("%env A=1\nfoo()")).toBe(`await ${M}.run("env", "A=1");\nfoo()`);
  expect(expand("!ls -la | wc")).toBe(`await ${M}.run("sh", "ls -la | wc");`);
  expect(expand("%time f(1)")).toBe(`await ${M}.time(() => (f(1)))`);
  expect(expand("%time await f(1);")).toBe(`await ${M}.time(async () => (await f(1)));`);
  expect(expand("%time const a = f()")).toBe(`${M}.start(); const a = f(); ${M}.stop();`);
  expect(expand("%%time\na\nb")).toBe(`using $timed = ${M}.clock();\na\nb`);
  expect(expand("%%sh\nls\npwd").split("\n")).toHaveLength(3);
  expect(expand("%%html\n<b>\n")).toBe(`await ${M}.run("html", "", "<b>\\n");\n\n`);
  expect(expand("%%file a.ts\r\nlet a\r\n% b")).toBe(`await ${M}.run("writefile", "a.ts", "let a\\n% b");\n\n`);
  expect(expand("%%timeit let n = 1\nawait n // c")).toBe(
    `{ let n = 1; await ${M}.timeit(async () => {\nawait n // c\n}); }`,
  );
});

test("what is JavaScript stays JavaScript", () => {
  for (const cell of [
    "a\n  % b",
    "a\n%b",
    "!(a)",
    "!function () {}()",
    "!async function () {}()",
    "! x",
    "const a = b &&\n!c",
    "`\n%time x\n!ls\n`",
    "/*\n%time\n*/",
    "f(\n%time\n)",
    "%unknown x",
  ]) {
    expect(expand(cell)).toBe(cell);
  }
});

test("a cell with magics is a script, complete, and checked", () => {
  const notebook = createNotebook(newPlaces());
  const cell = "%time const a: number = 1\n!echo hi\na.lenght";
  expect(transformCell(cell)).toMatchObject({ hasResult: true, names: ["a"] });
  expect(diagnose(notebook, cell)).toMatchObject([{ code: 2339, line: 3, column: 3, severity: "error" }]);
  expect(diagnose(notebook, "%time [1].lenght")).toMatchObject([{ code: 2551, line: 1 }]);
  expect(diagnose(notebook, "%who\n%%nothing")).toEqual([]);
});

test("text behind a cell's magic is text, whatever it looks like; what only looks like a magic is told so", () => {
  const notebook = createNotebook(newPlaces());
  for (const cell of [
    "%%html\n<b>a</b> %check off\n%check off\n",
    "%%writefile a.ts\nlet a: = ;\n!ls",
    "%%bash\nif then",
  ])
    expect(transformCell(cell)).toMatchObject({ hasResult: false });
  expect(checkLevels("%%html\n%check off")).toEqual({});
  expect(diagnose(notebook, "%%timeit const a = 1\na.lenght")).toMatchObject([{ code: 2339, line: 2, column: 3 }]);
  expect(transformCell("1 + 1\n%matplotlib inline")).toMatchObject({
    error: { message: "%matplotlib is not a magic here. %help lists them", line: 2, column: 1, length: 11 },
  });
  expect(transformCell("let a\n%%html\n<b>")).toMatchObject({ error: { line: 2, column: 1 } });
  expect(transformCell("%pip install numpy")).toMatchObject({
    error: { message: "%pip is not a magic here, but !pip is. %help lists them" },
  });
});

test("NAME?, ?NAME and %help NAME are questions as a whole cell, and JavaScript or nothing anywhere else", async () => {
  for (const cell of ["chart.loss?", "?chart.loss", " chart.loss?? \n", "%help chart.loss", "??chart.loss"]) {
    expect(helpTopic(cell), cell).toBe("chart.loss");
    expect(transformCell(cell), cell).toMatchObject({ hasResult: false });
    expect((await completeness(cell)).status).toBe("complete");
  }
  for (const cell of ["%help", "a ? b : c", "a?.b", "a\n?b\n:c", "a?\nb:c", "f()?", "?", "const x = y?"])
    expect(helpTopic(cell), cell).toBeUndefined();
});

test("%check from here on, %%check for one cell", async () => {
  expect(checkLevels("%check warn\n1")).toEqual({ cell: "warn", notebook: "warn" });
  expect(checkLevels("%%check off\n1")).toEqual({ cell: "off" });
  const notebook = createNotebook(newPlaces());
  const wrong = "const a: number = 'x'";
  expect(diagnose(notebook, `%%check off\n${wrong}`)).toEqual([]);
  expect(diagnose(notebook, wrong)).toMatchObject([{ severity: "error" }]);
  expect(diagnose(notebook, wrong, "warn")).toMatchObject([{ severity: "warning" }]);
  expect(diagnose(notebook, `%check error\n${wrong}`, "off")).toMatchObject([{ severity: "error" }]);
  expect((await completeness("%time f()")).status).toBe("complete");
});

test("completion knows magics, and completes behind and after them", () => {
  const notebook = createNotebook(newPlaces());
  notebook.remember("const run = { loss: 1, history: [1] }");
  expect(completeAt(notebook, "%ti", 3)).toMatchObject({ matches: ["%time", "%timeit"], cursorStart: 0, cursorEnd: 3 });
  expect(completeAt(notebook, "%lo", 3).matches).toEqual(["%load"]);
  expect(completeAt(notebook, "%%", 2).matches).toEqual(
    "bash check html javascript latex markdown sh svg time timeit writefile".split(" ").map((name) => `%%${name}`),
  );
  expect(completeAt(notebook, "1\n%%ti", 6).matches).toEqual([]);
  expect(completeAt(notebook, "%time run.", 10)).toMatchObject({ matches: ["history", "loss"], cursorStart: 10 });
  expect(completeAt(notebook, "!ls\nrun.l", 9)).toMatchObject({ matches: ["loss"], cursorStart: 8, cursorEnd: 9 });
});

test("times are read as people write them", () => {
  expect([0.0000123, 0.0123, 12.34, 1234, 75_000].map(formatMs)).toEqual([
    "12.3 ns",
    "12.3 µs",
    "12.3 ms",
    "1.23 s",
    "1 min 15 s",
  ]);
});
