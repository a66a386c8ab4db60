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
