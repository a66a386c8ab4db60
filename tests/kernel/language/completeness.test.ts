import { expect, test } from "vitest";
import { completeness } from "../../../kernel/language/completeness.ts";

const COMPLETE = [
  "",
  "1",
  "let a = 1",
  "/[(]/",
  "`a`",
  "`a${1}`",
  "if (a) {}",
  "function f() {}",
  "class A {}",
  "{ a: 1 }",
  "{ a: 1, b: [2] }",
  "// c",
  "/* c */",
  "const a = <b>x</b>",
  "<number>a",
  "interface A { a: number }",
  "type A = { a: 1 }",
  "await x",
  "for await (const a of b) {}",
  "'[{('",
  "import a from 'a'",
  "enum A { B }",
  "@d class A {}",
  "a\n\n",
  "#!/usr/bin/env node\n1",
  "using a = b",
  "x => x",
];
const INCOMPLETE = [
  "`abc",
  "`a${",
  "`a${b",
  "`a${b}",
  "f(`",
  "/* abc",
  "function f() {",
  "function f(",
  "foo(",
  "foo(a,\n  b",
  "a +",
  "if (x)",
  "if (x) {\n  y",
  "class A {",
  "@dec",
  "{ a: 1",
  "{ a: 1,",
  "let x =",
  "const x",
  "let { a }",
  "[1, 2",
  "[1,",
  "async () =>",
  "x ?",
  "x ? 1 :",
  "import { a",
  "import { a } from",
  "type A =",
  "interface A {",
  "enum A {",
  "for (",
  "for (;;)",
  "while (true)",
  "do {}",
  "try {}",
  "try {} catch",
  "switch (a) {",
  "switch (a) { case 1:",
  "new",
  "typeof",
  "a.",
  "let a: {",
  "let a: Map<string,",
  "export",
  "namespace A {",
  "(",
  "({",
  "a => {",
  "await",
  "throw",
];
const INVALID = [
  "const = 7q",
  "}",
  ")",
  "foo(a))",
  "'abc",
  '"abc',
  "let 1",
  "a b",
  "return 5 5",
  "else",
  "[1, 2))",
  "class 5 {",
  "let a = )\n",
  "import 5",
  "/abc",
];

test(`${COMPLETE.length} whole cells are complete`, async () => {
  for (const code of COMPLETE) expect([code, (await completeness(code)).status]).toEqual([code, "complete"]);
});

test(`${INCOMPLETE.length} beginnings are incomplete`, async () => {
  for (const code of INCOMPLETE) expect([code, (await completeness(code)).status]).toEqual([code, "incomplete"]);
});

test(`${INVALID.length} texts that nothing can mend are invalid`, async () => {
  for (const code of INVALID) expect([code, (await completeness(code)).status]).toEqual([code, "invalid"]);
});

test("the next line is indented two further behind an opening brace, and as the last one otherwise", async () => {
  expect((await completeness("function f() {")).indent).toBe("  ");
  expect((await completeness("function f() {\n  if (a) {")).indent).toBe("    ");
  expect((await completeness("f(\n    a,")).indent).toBe("    ");
  expect((await completeness("const f = () =>")).indent).toBe("  ");
});
