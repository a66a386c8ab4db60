import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { completeAt } from "../../../kernel/language/completion.ts";
import { createNotebook } from "../../../kernel/language/notebook.ts";
import { inspectAt } from "../../../kernel/language/inspection.ts";
import { toCodePoints, toUtf16 } from "../../../kernel/language/offsets.ts";
import { newPlaces } from "./places.ts";

const places = newPlaces();
const notebook = createNotebook(places);
const EARLIER = `
/** Trains a model.
 * @param steps how many
 * @example train(3) */
function train(steps: number, rate = 0.1): { loss: number; history: number[] } { return { loss: steps * rate, history: [] } }
let counter = 1
const run = train(2)
interface Options { steps: number; learningRate?: number; mode: "fast" | "slow" }
class Agent { #hidden = 1; act(state: string) { return state } }
enum Colour { Red, Green }`;
notebook.remember(EARLIER);

/** Completes at the bar. */
function at(marked: string) {
  const cursor = Array.from(marked).indexOf("|");
  return completeAt(notebook, marked.replace("|", ""), cursor);
}
function hover(marked: string, detail: 0 | 1 = 0) {
  const cursor = Array.from(marked).indexOf("|");
  return inspectAt(notebook, marked.replace("|", ""), cursor, detail);
}

test("members of a value of an earlier cell, with their types and signatures", () => {
  const { matches, cursorStart, cursorEnd, metadata } = at("run.|");
  expect(matches).toEqual(["history", "loss"]);
  expect([cursorStart, cursorEnd]).toEqual([4, 4]);
  expect(metadata["_jupyter_types_experimental"][0]).toMatchObject({
    text: "history",
    type: "property",
    start: 4,
    end: 4,
  });
  expect(at("new Agent().a|").metadata["_jupyter_types_experimental"][0]).toMatchObject({
    text: "act",
    type: "method",
    signature: "(state: string): string",
  });
});

test("a function's own members come before what every function has", () => {
  const { matches } = at("display.|");
  expect(matches.slice(0, 2)).toEqual(["clear", "gif"]);
  expect(matches.indexOf("text")).toBeLessThan(matches.indexOf("apply"));
});

test("names of earlier cells, whatever they are", () => {
  expect(at("tr|").matches.slice(0, 3)).toContain("train");
  expect(at("cou|").matches[0]).toBe("counter");
  expect(at("1 + cou|").matches[0]).toBe("counter");
  expect(at("let o: Opt|").matches[0]).toBe("Options");
  expect(at("const c = Col|").matches[0]).toBe("Colour");
  expect(at("f(run, cou|)").matches[0]).toBe("counter");
});

test("nothing of how cells are framed is offered", () => {
  for (const text of ["counter; |", "c|", "counter.|", "run; cou|"])
    expect(at(text).matches.join()).not.toMatch(/earlier_cells|blankslate:/);
});

test("inside an unfinished text: open calls, templates, objects", () => {
  expect(at("foo(run.|").matches).toEqual(["history", "loss"]);
  expect(at("`loss ${run.|").matches).toEqual(["history", "loss"]);
  expect(at("const o: Options = { |").matches).toEqual(["mode", "steps", "learningRate"]);
  expect(at("const o: Options = { mode: '|").matches).toEqual(["fast", "slow"]);
  expect(at("const o: Options = { mode: 'sl|' }")).toMatchObject({ matches: ["slow"], cursorStart: 28, cursorEnd: 30 });
  expect(at("if (run.l|").matches).toEqual(["loss"]);
});

test("after another statement, before one, and in the middle of a word", () => {
  expect(at("let a = [1]\na.fla|\nlet b = 2").matches).toEqual(["flat", "flatMap"]);
  expect(at("run.lo|ss")).toMatchObject({ matches: ["loss"], cursorStart: 4 });
});

test("letters in between may be left out, and case does not matter", () => {
  expect(at("process.memUs|").matches[0]).toBe("memoryUsage");
  expect(at("JSON.STR|").matches).toEqual(["stringify"]);
});

/** The cell's text after the completion was taken. */
function taken(marked: string): string[] {
  const cursor = Array.from(marked).indexOf("|");
  const code = marked.replace("|", "");
  const points = Array.from(code);
  notebook.importables.read();
  const { matches, cursorStart, cursorEnd } = completeAt(notebook, code, cursor);
  return matches.map((m) => points.slice(0, cursorStart).join("") + m + points.slice(cursorEnd).join(""));
}

test("a name that nobody declared is completed with its import: the laboratory's, Node's, an installed package's", () => {
  expect(taken("const a = '😀'\nawait sft| + 1")).toEqual([
    "import { sft } from \"blankslate\";\nconst a = '😀'\nawait sft + 1",
  ]);
  expect(taken("existsSyn|")).toEqual(['import { existsSync } from "node:fs";\nexistsSync']);
  expect(taken("join|")).toContain('import { join } from "node:path";\njoin');
  expect(taken("import { world } from 'blankslate'\nworld; sft|")).toEqual([
    "import { world, sft } from 'blankslate'\nworld; sft",
  ]);
  expect(taken("%%time\nsft|")).toEqual(['%%time\nimport { sft } from "blankslate";\nsft']);
  mkdirSync(join(places.cwd, "node_modules/of-test"), { recursive: true });
  writeFileSync(join(places.cwd, "node_modules/of-test/package.json"), '{ "name": "of-test", "types": "a.d.ts" }');
  writeFileSync(join(places.cwd, "node_modules/of-test/a.d.ts"), "export const fromTest: 1; export default fromTest;");
  expect(taken("fromTe|")).toEqual(['import { fromTest } from "of-test";\nfromTest']);
  expect(taken("ofTest|")).toEqual(['import ofTest from "of-test";\nofTest']);
  // What is declared comes first, and members are never imported.
  expect(taken("trai|")).toEqual(["train"]);
  expect(at("run.sft|").matches).toEqual([]);
});

test("module names in imports", () => {
  expect(at("import fs from 'node:f|'").matches).toContain("node:fs");
  expect(at("import { readFileS| } from 'node:fs'").matches[0]).toBe("readFileSync");
});

test("C14: the cursor is right in 500 of 500 texts with astral characters", () => {
  const letter = fc.constantFrom("😀", "𝒳", "ü", "a", "漢", "👩‍👩‍👧", "\u0301", " ");
  const texts = fc.sample(fc.tuple(fc.array(letter, { maxLength: 12 }), fc.array(letter, { maxLength: 6 })), 500);
  let right = 0;
  for (const [before, after] of texts) {
    const head = `/* ${before.join("")} */ const t = "${after.join("")}"; run.lo`;
    const cursor = Array.from(head).length;
    const { matches, cursorStart, cursorEnd } = completeAt(notebook, `${head} /* ${after.join("")} */`, cursor);
    if (matches[0] === "loss" && cursorStart === cursor - 2 && cursorEnd === cursor) right++;
    expect(toCodePoints(head, toUtf16(head, cursor))).toBe(cursor);
  }
  expect(right).toBe(500);
});

test("hover gives the signature, the documentation, and at detail 1 parameters and examples", () => {
  const plain = hover("tra|in(1)").data["text/plain"] ?? "";
  expect(plain).toContain("train(steps: number, rate?: number)");
  expect(plain).toContain("Trains a model.");
  expect(plain).not.toContain("@param");
  const more = hover("tra|in(1)", 1).data;
  expect(more["text/plain"]).toContain("@param steps how many");
  expect(more["text/markdown"]).toContain("```typescript\ntrain(3)\n```");
});

test("documentation is found wherever it stands: variables, members, packages, the cell itself, the parameter being typed", () => {
  notebook.remember(
    "/** How many so far. */\nlet seen = 1\nclass Box {\n  /** What is in it.\n * @deprecated empty */\n  inside = 1\n}",
  );
  expect(hover("se|en").data["text/plain"]).toBe("let seen: number\n\nHow many so far.");
  const member = hover("new Box().ins|ide").data["text/plain"];
  expect(member).toContain("What is in it.");
  expect(member).toContain("@deprecated empty");
  expect(hover("/** Mine. */ function own() {}\now|n()").data["text/plain"]).toContain("Mine.");
  expect(hover("import { join } from 'node:path'\njo|in('a')").data["text/plain"]).toMatch(/Join all arguments/);
  expect(hover("train(|").data["text/plain"]).toMatch(/Trains a model\.\n\nsteps how many$/);
  expect(hover("train(ru|n.loss)", 1).data["text/plain"]).toContain("in train(steps: number, rate?: number)");
  expect(hover("train(ru|n.loss)", 1).data["text/plain"]).toContain("declared in this notebook");
});

test("hover knows the end of a word, variables of earlier cells, and the call around the cursor", () => {
  expect(hover("counter|").data["text/plain"]).toBe("let counter: number");
  expect(hover("run|.loss").data["text/plain"]).toContain("const run: {");
  expect(hover("train(|").data["text/plain"]).toContain("train(steps: number, rate?: number)");
  expect(hover("Math.ma|x(1)").data["text/plain"]).toContain("Returns the larger");
  expect(hover("  |  ").found).toBe(false);
  expect(hover("'😀'; coun|ter").data["text/plain"]).toBe("let counter: number");
});

test("letter after letter of a word gives what a text that is asked about alone gives", () => {
  const texts = [
    "run.history",
    "[1].map((x) => x.toFix",
    "if (tr",
    "cas",
    "const c = Colour.Re",
    "let o: Option",
    "counter + conso",
    "run.\nlo",
    "run.|\nlet b = 2",
    "'😀'; Math.ma",
    "const o: Options = { mo",
    "function f() { ret",
    "%time run.lo",
  ];
  for (const text of texts) {
    const end = text.includes("|") ? text.indexOf("|") : text.length;
    const code = text.replace("|", "");
    const states = Array.from({ length: 6 }, (_, i) => code.slice(0, end - 5 + i) + code.slice(end)).map(
      (typed, i) => [typed, Array.from(typed.slice(0, end - 5 + i)).length] as const,
    );
    const alone = states.map(([typed, cursor]) => {
      notebook.open("1");
      return completeAt(notebook, typed, cursor);
    });
    expect(states.map(([typed, cursor]) => completeAt(notebook, typed, cursor))).toEqual(alone);
    expect(states.toReversed().map(([typed, cursor]) => completeAt(notebook, typed, cursor))).toEqual(
      alone.toReversed(),
    );
  }
});

test("what was kept of a place is not given after a cell that changes it", () => {
  const own = createNotebook(places);
  own.remember("let thing = { first: 1 }");
  expect(completeAt(own, "thing.", 6).matches).toEqual(["first"]);
  expect(inspectAt(own, "thing", 2, 0).data["text/plain"]).toContain("first: number");
  own.remember("let thing = { second: 1 }");
  expect(completeAt(own, "thing.s", 7).matches).toEqual(["second"]);
  expect(inspectAt(own, "thing", 2, 0).data["text/plain"]).toContain("second: number");
});

test("in a magic's line the letters typed are found, not the same letters in what the magic expands to", () => {
  expect(at("%time r|").matches[0]).toBe("run");
  expect(at("%time tr|").matches[0]).toBe("train");
  expect(at("%timeit run.l|").matches).toEqual(["loss"]);
  expect(at("%time const r = tr|").matches[0]).toBe("train");
  expect(hover("%time r|un").data["text/plain"]).toContain("const run: {");
});

test("hover over the laboratory's groups has the function's own words, and at length its options with theirs", () => {
  const hover = (path: string, detail: 0 | 1 = 0): string => {
    const code = `import { ${path.split(".", 1)[0]} } from "blankslate"\n${path}`;
    return inspectAt(notebook, code, code.length, detail).data["text/plain"] ?? "";
  };
  expect(hover("chart.loss")).toContain("Training loss of one run");
  expect(hover("model.init")).toContain("randomly initialised");
  expect(hover("world.modular")).toContain("Modular arithmetic");
  expect(hover("probe.kl")).toContain("KL divergence");
  expect(hover("sft")).not.toContain("Optimizer steps");
  expect(hover("sft", 1)).toMatch(/\nOptions\n {2}steps: number {2}Optimizer steps, one batch each\.\n/);
  expect(hover("model.init", 1)).toContain('arch?: Architecture  Default "qwen2".');
  expect(hover("frobnicate")).toBe("");
});
