// The worker as the wire process has it.
import { expect, test } from "vitest";
import { type StartWorker, startLanguage } from "../../../kernel/language/language.ts";
import { newPlaces } from "./places.ts";

test("questions asked before the worker is warm are answered in order; isComplete does not wait for it", async () => {
  const language = startLanguage(newPlaces());
  const order: string[] = [];
  const note = <T>(name: string, promise: Promise<T>) => promise.then((answer) => (order.push(name), answer));
  const remembered = note("remember", language.remember("const early: number = 1"));
  const checked = note("check", language.check("early.length"));
  const completed = note("complete", language.complete("ear", 3));
  const whole = note("isComplete", language.isComplete("f("));
  expect(await whole).toEqual({ status: "incomplete", indent: "  " });
  expect((await checked)[0]).toMatchObject({ code: 2339, line: 1, column: 7 });
  expect((await completed).matches[0]).toBe("early");
  await remembered;
  expect(order).toEqual(["isComplete", "remember", "check", "complete"]);
  expect((await language.inspect("early", 2, 0)).data["text/plain"]).toBe("const early: number");
  await language.close();
  await expect(language.check("early")).rejects.toMatchObject({ code: "LANGUAGE_GONE" });
});

test("%check holds from its cell on; what is not checked is answered before the worker is warm", async () => {
  const language = startLanguage(newPlaces(), "off");
  const wrong = "const a: number = 'x'";
  const warm = language.complete("consol", 6).then(() => "warm");
  expect(await Promise.race([language.check(wrong), warm])).toEqual([]);
  await language.remember("%check warn");
  expect(await language.check(wrong)).toMatchObject([{ severity: "warning" }]);
  expect(await language.check(`%%check off\n${wrong}`)).toEqual([]);
  await language.remember("%check off");
  expect(await language.check(wrong)).toEqual([]);
  // Such a cell does not run, and yet said what it wants.
  expect(await language.check(`%check error\n${wrong}`)).toMatchObject([{ severity: "error", line: 2 }]);
  expect(await language.check(wrong)).toMatchObject([{ severity: "error" }]);
  await language.close();
});

test("where nothing is checked the worker does not start beside a cell that runs, but when it has ended, or with a question", async () => {
  let started = 0;
  const start: StartWorker = (_places, { message }) => {
    started++;
    return { post: ({ id }) => queueMicrotask(() => message({ id, answer: null })), stop: async () => undefined };
  };
  const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  const language = startLanguage(newPlaces(), "off", start);
  const told = language.remember("for (;;);");
  await wait(600);
  expect(started).toBe(0);
  language.settled();
  await told;
  expect(started).toBe(1);
  const asked = startLanguage(newPlaces(), "off", start);
  const toldToo = asked.remember("for (;;);");
  await asked.complete("consol", 6);
  await toldToo;
  expect(started).toBe(2);
});
