// The language worker dies; types live on.
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { type LanguageService, startLanguage } from "../../../kernel/language/language.ts";
import { lastingLanguage } from "../../../kernel/session/lasting-language.ts";

const packageRoot = fileURLToPath(new URL("../../..", import.meta.url));
const workers: LanguageService[] = [];
const start = () => {
  const worker = startLanguage({ cwd: tmpdir(), packageRoot });
  workers.push(worker);
  return worker;
};
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.close()));
});

test("a worker that died is replaced: the next check knows the earlier cells, and nothing that was forgotten", async () => {
  const language = lastingLanguage(start);
  await language.remember("const forgotten = 1");
  await language.forget();
  await language.remember("const point = { across: 1 }");
  await workers[0]!.close();
  expect(await language.check("point.across.toFixed(2)")).toEqual([]);
  expect((await language.check("point.acros")).map((d) => d.code)).toEqual([2551]);
  expect((await language.check("forgotten")).map((d) => d.code)).toEqual([2304]);
  expect(workers).toHaveLength(2);
});

test("questions that wait when the worker dies are all answered by one new worker", async () => {
  const language = lastingLanguage(start);
  await language.remember("const point = { across: 1 }");
  const questions = [language.check("point.across"), language.complete("point.a", 7), language.check("nothing")];
  await workers[0]!.close();
  const [good, completion, bad] = await Promise.all(questions);
  expect([good, completion]).toMatchObject([[], { matches: ["across"] }]);
  expect(bad).toMatchObject([{ code: 2304 }]);
  expect(workers).toHaveLength(2);
});

/** Long enough for a cold worker on a crowded machine. */
const PATIENCE_MS = 12_000;

/** 3 million instantiations for each of 40 statements, all different: minutes of thought. */
const BROODING = `type Twice<N extends 0[], P extends string> = N extends [0, ...infer R extends 0[]] ? Twice<R, \`\${P}a\`> | Twice<R, \`\${P}b\`> : P;
${Array.from({ length: 40 }, (_, i) => `let brooding${i}: Twice<[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0], "${i}">;`).join("\n")}`;

test("a cell that the worker broods over is given up once, with its worker: the next check is answered, and knows the earlier cells", async () => {
  const language = lastingLanguage(start, PATIENCE_MS);
  await language.remember("const point = { across: 1 }");
  const behind = Promise.all([1, 2].map(() => Promise.resolve().then(() => language.check("point.acros"))));
  await expect(language.check(BROODING)).rejects.toMatchObject({ code: "LANGUAGE_HUNG" });
  const started = performance.now();
  await language.remember(BROODING);
  expect((await behind).flat().map((d) => d.code)).toEqual([2551, 2551]);
  expect((await language.check("point.acros")).map((d) => d.code)).toEqual([2551]);
  expect(performance.now() - started).toBeLessThan(PATIENCE_MS);
  // Its names are there for V8: whoever uses them must not be told that they are unknown.
  expect(await language.check("point.across + brooding0.length")).toEqual([]);
  expect(workers).toHaveLength(2);
});
