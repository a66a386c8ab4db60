// Pairs made for this project, as [kind, mode, gold, equal answers, unequal answers]: labels by sympy where both are values, by reading where they are words,
// units or damaged; modes as in the fixtures of ../shared (a bare answer, or a whole response).
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { mathEqual, verifyBoxed } from "../../../lib/data/math/equal.ts";

type Row = readonly [
  kind: string,
  mode: "answer" | "response",
  gold: string,
  equal: readonly string[],
  unequal: readonly string[],
];
const rows = JSON.parse(
  readFileSync(new URL("../../fixtures/math/pairs.json", import.meta.url), "utf8"),
) as readonly Row[];
const judge = (mode: Row[1], gold: string, answer: string) =>
  mode === "answer" ? mathEqual(gold, answer) : verifyBoxed({ id: "", prompt: "", completion: gold, meta: {} }, answer);

describe("3,100 pairs of 41 kinds", () => {
  test("none of more than 1,500 near misses is taken for equal, either way round", () => {
    const unequal = rows.flatMap(([, mode, gold, , answers]) => answers.map((answer) => [mode, gold, answer] as const));
    expect(unequal.length).toBeGreaterThan(1500);
    expect(unequal.filter((pair) => judge(...pair))).toEqual([]);
    expect(unequal.filter(([mode, gold, answer]) => mode === "answer" && mathEqual(answer, gold))).toEqual([]);
  });

  test("at least 98.5 % of more than 1,500 equal pairs are taken for equal", () => {
    const equal = rows.flatMap(([, mode, gold, answers]) => answers.map((answer) => [mode, gold, answer] as const));
    expect(equal.length).toBeGreaterThan(1500);
    const missed = equal.filter((pair) => !judge(...pair));
    expect(missed.length / equal.length, JSON.stringify(missed)).toBeLessThan(0.015);
  });
});

describe("what was taken for equal and is not", () => {
  test.each([
    ["3", "3 million"],
    ["7", "7 \\text{ is wrong}"],
    ["5\\text{ m/s}", "5\\text{ km/h}"],
    ["5\\text{ cm}^2", "5\\text{ cm}"],
    ["15^\\circ", "15\\text{ radians}"],
    ["\\sin^2 x", "\\sin x^2"],
    ["\\sin 2x", "x\\sin 2"],
    ["\\sin^{-1} x", "\\csc x"],
    ["x<-2 \\text{ or } x>3", "x<-2 \\text{ and } x>3"],
    ["x", "X"],
    ["x", "x1"],
    ["2", "1 2"],
    ["5", "5 xy"],
    ["AB = 5", "CD = 5"],
    ["\\text{(B)}", "\\textbf{(B)} or \\textbf{(C)}"],
    ["\\text{(B)}", "(B) and (C)"],
    ["5", "5\\text{ 6m}"],
    ["5", "5\\text{x}"],
    ["listen", "silent"],
    ["ABC", "ACB"],
    ["(1,2,3)", "]1,2,3)"],
    ["\\text{right}", "\\text{right }\\text{triangle}"],
  ])("%s is not %s", (a, b) => {
    expect(mathEqual(a, b)).toBe(false);
    expect(mathEqual(b, a)).toBe(false);
  });
});

describe("texts made to hang", () => {
  test("80 of up to 100 kB end within 10 s of processor time together, none equal to anything, and the verifier still works", () => {
    const pieces = [
      "5^\\circ",
      "^\\circ",
      "\\cos^2 x",
      "\\sin ",
      "\\arcsin ",
      "\\tan x\\tan y",
      "\\ln ",
      "\\boxed{",
      "\\textcolor{red}{",
      "\\phantom{",
      "\\overline{3}",
      "0.333",
      "1 ",
      "5 million ",
      "√",
      "½",
      "\\text{a}",
      "]",
      "x<",
      "\\{x|",
      "and ",
      "\\begin{pmatrix}",
    ];
    const start = process.cpuUsage();
    for (const piece of pieces)
      for (const size of [400, 1990, 100_000])
        for (const [open, close] of [
          ["", ""],
          ["5", "5"],
        ] as const) {
          const text = open + piece.repeat(Math.floor(size / piece.length)) + close;
          expect(mathEqual("\\{7,8\\}", text), text.slice(0, 40)).toBe(false);
          expect(judge("response", "64", `\\boxed{${text}}`), text.slice(0, 40)).toBe(false);
        }
    for (const text of [
      "\\sin^{64}x\\cos^{64}y",
      "(\\tan x+\\tan y+\\tan z+\\tan w)^{9}",
      "7^{1999}",
      "__proto__",
      "constructor",
      "process.exit(1)",
      "\\def\\a{\\a\\a}\\a",
    ])
      expect(mathEqual("64", text), text).toBe(false);
    expect(process.cpuUsage(start).user).toBeLessThan(10e6);
    expect(mathEqual("\\sin\\frac{\\pi}{6}", "50\\%")).toBe(true);
  });
});
