import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { array, assert, constantFrom, integer, property, tuple } from "fast-check";
import { readAnswer } from "../../../lib/data/math/answer.ts";
import { mathEqual, verifyBoxed, verifyHashes } from "../../../lib/data/math/equal.ts";
import { assertHolds } from "../../parity/comparison.ts";
import { compareVerifier } from "../../parity/math.ts";

const shared = (path: string) => fileURLToPath(new URL(`../../../../shared/${path}`, import.meta.url));
const file = shared("fixtures/math/verifier_cases.json");
const gsm8k = shared("data/gsm8k/test.jsonl");
const math500 = shared("data/math500/test.jsonl");
const example = (completion: string) => ({ id: "", prompt: "", completion, meta: {} });
describe.skipIf(!existsSync(file) && !process.env["CI"])("the 250 labelled cases (skipped without ../shared)", () => {
  test("no false positive among 119 unequal pairs, and at least 97 % agreement", () => {
    const comparisons = compareVerifier(shared("fixtures/math"));
    for (const comparison of comparisons) assertHolds(comparison);
    expect(comparisons[0]?.compared).toBe(119);
  });
});

describe.skipIf(!existsSync(gsm8k) && !process.env["CI"])(
  "reference answers of data sets (skipped without ../shared)",
  () => {
    const rows = (path: string) =>
      readFileSync(path, "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as { answer: string });

    test("all 1,319 of GSM8K's test and all 500 of MATH-500 verify against themselves, boxed or not, and are understood", () => {
      for (const { answer } of rows(gsm8k)) {
        expect(verifyHashes(example(answer), answer)).toBe(true);
        expect(verifyHashes(example(answer), answer.replace(/####.*$/su, "#### -1"))).toBe(false);
        expect(readAnswer(answer.split("####")[1] ?? "")?.kind).toBe("expression");
      }
      for (const { answer } of rows(math500)) {
        expect(verifyBoxed(example(answer), `So \\boxed{${answer}}.`), answer).toBe(true);
        expect(verifyBoxed(example(`\\boxed{${answer}}`), `So \\boxed{${answer}}.`), answer).toBe(true);
        expect(readAnswer(answer), answer).toBeDefined();
      }
    });

    test("among the answers of MATH-500 only four pairs of texts in 9,790 are equal, all by rule", () => {
      const answers = rows(math500).map((r) => r.answer);
      const equal = new Set<string>();
      answers.forEach((a, i) => {
        for (const b of answers.slice(i + 1, i + 21))
          if (a !== b && mathEqual(a, b)) equal.add([a, b].sort().join("  "));
      });
      // Degrees, units, "x =" and spaces are not part of a value.
      expect([...equal].sort()).toEqual(["2 \\sqrt{5}  2\\sqrt{5}", "30  30^\\circ", "36  36^\\circ", "5  x=5"]);
    });
  },
);

describe("exact equality", () => {
  test("holds for what is equal and not for what is close", () => {
    for (const [a, b] of [
      ["\\sqrt{18}", "3\\sqrt{2}"],
      ["\\frac{1}{1+\\sqrt{2}}", "\\sqrt{2}-1"],
      ["\\sqrt[3]{16}", "2\\sqrt[3]{2}"],
      ["(1+i)^4", "-4"],
      ["\\sqrt{-9}", "3i"],
      ["\\frac{x^2-1}{x-1}", "x+1"],
      ["0.1+0.2", "0.3"],
      ["2^{-3}", "\\frac18"],
      ["5!", "120"],
      ["\\binom{5}{2}", "10"],
      ["\\frac{\\sin x}{2}", "0.5\\sin(x)"],
      ["\\sqrt{2}\\sqrt{3}", "\\sqrt6"],
      ["8^{1/3}", "2"],
      ["\\text{(A)}", "a"],
      ["1 \\frac12", "1.5"],
      ["x_1+x_2", "x_{2}+x_{1}"],
      ["x=1 \\text{ or } x=2", "1, 2"],
      ["x \\geqslant 3", "[3,\\infty)"],
      ["3 < x", "x > 3"],
      ["-2 \\le x < 7", "x \\in [-2,7)"],
      ["x<-1 \\text{ or } x>1", "(1,\\infty)\\cup(-\\infty,-1)"],
      ["\\left(\\begin{array}{cc}1&0\\\\0&1\\end{array}\\right)", "\\begin{pmatrix}1&0\\\\0&1\\end{pmatrix}"],
      ["5\\over 9", "\\frac59"],
      ["\\mathbf{5}", "5"],
      ["\\pounds 5", "5"],
      ["|x-1|", "|1-x|"],
      ["5\\text{ cm}", "5\\,\\mathrm{centimeters}"],
      ["20\\text{ square inches}", "20\\text{ in}^2"],
      ["10\\text{ m/s}", "10"],
      ["x+y<3", "3>y+x"],
      ["x \\neq 3", "x-3\\ne 0"],
      ["(-\\infty, \\infty)", "\\mathbb{R}"],
      ["\\emptyset", "\\{\\}"],
      ["0.1\\overline{6}", "\\frac16"],
      ["4.\\bar{6}", "4\\frac23"],
      ["10\\,000", "10000"],
      ["1 000 000", "10^6"],
      ["2^{n+1}", "2\\cdot 2^n"],
      ["4^n", "2^{2n}"],
      ["6^{n}", "2^n 3^n"],
      ["e^{2x}", "(e^x)^2"],
      ["e^{i\\pi}", "-1"],
      ["\\ln 8", "3\\ln 2"],
      ["\\log_4 8", "\\frac32"],
      ["\\log_{10} 100", "2"],
      ["\\log 6", "\\log 2 + \\log 3"],
      ["\\tan x", "\\frac{\\sin x}{\\cos x}"],
      ["|-3|", "3"],
      ["\\lfloor -2.5 \\rfloor", "-3"],
      ["\\lceil 2.5 \\rceil", "3"],
      ["{4 \\choose 2}", "\\dbinom42"],
      ["{1 \\over 2}", "1/2"],
      ["\\begin{array}{cc}1&2\\\\3&4\\end{array}", "\\begin{pmatrix}1&2\\\\3&4\\\\\\end{pmatrix}"],
      ["(x, y) = (2, 3)", "(2,3)"],
      ["f^{-1}(x)=\\frac{x-1}{2}", "0.5x-0.5"],
      ["3 : 4", "3:4"],
      ["\\boxed{5}", "5"],
      ["€5", "5"],
      ["100\\pi \\text{ cm}^2", "100\\pi"],
    ] as const) {
      expect(mathEqual(a, b), `${a} = ${b}`).toBe(true);
      expect(mathEqual(b, a), `${b} = ${a}`).toBe(true);
    }
    for (const [a, b] of [
      ["5\\text{ cm}", "5\\text{ m}"],
      ["3\\text{ hours}", "3 minutes"],
      ["\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}", "\\begin{vmatrix}1&2\\\\3&4\\end{vmatrix}"],
      ["|x-1|", "|x+1|"],
      ["\\frac13", "0.3333333333333333"],
      ["\\sqrt2", "1.4142135623730951"],
      ["\\pi", "3.141592653589793"],
      ["\\pi", "\\frac{22}{7}"],
      ["1", "0.99999999999999999999"],
      ["10^{15}", "10^{15}+1"],
      ["\\sqrt{x^2}", "x"],
      ["\\sin x", "\\sin y"],
      ["(1,2)", "[1,2]"],
      ["\\{1,1\\}", "1"],
      ["1,2", "1,2,2"],
      ["3:4", "4:3"],
      ["12_3", "12_4"],
      ["\\frac{1}{0}", "\\frac{2}{0}"],
      ["x", "y"],
      ["y=x", "y=2x"],
      ["x>3", "x\\ge 3"],
      ["x>3", "x<3"],
      ["x>3", "y>3"],
      ["x>3", "-x>-3"],
      ["x+y<3", "x+y>3"],
      ["1<x<3", "[1,3]"],
      ["x<-1 \\text{ or } x>1", "(-1,1)"],
      ["x \\ne 3", "x = 3"],
      ["0.\\overline{3}", "0.3"],
      ["2^{n+1}", "2^n + 2"],
      ["4^n", "2^{n+2}"],
      ["(-2)^{2n}", "2^{2n}"],
      ["\\ln 6", "\\ln 2 \\cdot \\ln 3"],
      ["\\log_2 8", "\\log_8 2"],
      ["\\log 2", "\\ln 2"],
      ["|x|", "x"],
      ["\\lfloor x \\rfloor", "\\lceil x \\rceil"],
      ["3:4", "3:40"],
      ["(x, y) = (2, 3)", "(3,2)"],
      ["1 000", "1"],
      ["\\infty", "-\\infty"],
      ["6", "3!!"],
    ] as const) {
      expect(mathEqual(a, b), `${a} != ${b}`).toBe(false);
      expect(mathEqual(b, a), `${b} != ${a}`).toBe(false);
    }
  });

  test("random rational sums and products agree with exact arithmetic, and off by one part in 10^9 they do not (500 expressions)", () => {
    assert(
      property(
        array(tuple(integer({ min: -99, max: 99 }), integer({ min: 1, max: 99 })), { minLength: 1, maxLength: 6 }),
        (parts) => {
          const text = parts.map(([n, d]) => `(${n}/${d})`).join("+");
          const [n, d] = parts.reduce<[bigint, bigint]>(
            ([a, b], [p, q]) => [a * BigInt(q) + BigInt(p) * b, b * BigInt(q)],
            [0n, 1n],
          );
          expect(mathEqual(text, `\\frac{${n}}{${d}}`)).toBe(true);
          expect(mathEqual(text, `\\frac{${n * 10n ** 9n + 1n}}{${d * 10n ** 9n}}`)).toBe(false);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("robustness", () => {
  test("2,000 random texts of mathematical pieces never throw, none is equal to 64 + pi, and all take less than 10 s of processor time", () => {
    const start = process.cpuUsage();
    const piece = constantFrom(
      "\\frac",
      "{",
      "}",
      "\\sqrt",
      "^",
      "9",
      "2",
      "x",
      "(",
      ")",
      "[",
      "]",
      ",",
      "\\pm",
      "=",
      "+",
      "-",
      "!",
      "\\begin{pmatrix}",
      "\\\\",
      "&",
      "%",
      "\\text{",
      "and",
      "_",
      "\\left",
      ":",
      "|",
      "\\boxed{",
      "\u0000",
      "😀",
      " ",
    );
    assert(
      property(array(piece, { maxLength: 40 }), (pieces) => {
        expect(mathEqual("64+\\pi", pieces.join(""))).toBe(false);
        verifyBoxed(example("64"), pieces.join(""));
      }),
      { numRuns: 2000 },
    );
    expect(process.cpuUsage(start).user).toBeLessThan(10e6);
  });

  test("texts made to hang end within 5 s of processor time together and are not equal: towers, huge powers, deep nesting, long sums, long digits, long words", () => {
    const start = process.cpuUsage();
    for (const text of [
      "9^{9^{9^{9}}}",
      "(x+1)^{1000000}",
      "(x+y+z)^{60}",
      "(1+\\sqrt{2}+\\sqrt{3}+\\sqrt{5})^{64}",
      `${"(".repeat(5000)}1${")".repeat(5000)}`,
      "1+".repeat(5000) + "1",
      "7".repeat(100_000),
      `${"\\sqrt{".repeat(200)}2${"}".repeat(200)}`,
      "500!^{500!}",
      "\\binom{500}{250}^{99}",
      "a ".repeat(20_000),
      "\\text{a}".repeat(5000),
      "1e9999",
      "1e-9999+1",
      "{".repeat(50_000),
      "1,".repeat(5000),
      "\\cup ".repeat(3000),
      "\\sqrt{179769313486231570814527423731704356798070567525844996598917476803157260780028538760589558632766878171540458953514382464234321326889464182768467546703537516986049910576551282076245490090389328944075868508455133942304583236903222948165808559332123347764797926204144723168738177180919299881250404026184124858368}",
    ])
      expect(mathEqual("64", text), text.slice(0, 40)).toBe(false);
    expect(process.cpuUsage(start).user).toBeLessThan(5e6);
    expect(mathEqual("64", "8^2")).toBe(true);
  });
});
