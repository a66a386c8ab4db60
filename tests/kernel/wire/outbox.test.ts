// Row W12: the outbox on real sockets.
import { Dealer, Router } from "zeromq";
import { expect, test } from "vitest";
import { Outbox } from "../../../kernel/wire/outbox.ts";

test("W12: 20,000 sends in one tick arrive, all of them, in order", async () => {
  const router = new Router({ linger: 0, receiveHighWaterMark: 0 });
  await router.bind("tcp://127.0.0.1:*");
  const dealer = new Dealer({ linger: 0, sendHighWaterMark: 0 });
  dealer.connect(router.lastEndpoint!);
  const outbox = new Outbox((frames) => dealer.send(frames as Uint8Array[]));
  for (let i = 0; i < 20_000; i++) outbox.push([Buffer.from(String(i))]);
  const seen: number[] = [];
  while (seen.length < 20_000) seen.push(Number(String((await router.receive())[1])));
  expect(seen).toEqual(Array.from({ length: 20_000 }, (_, i) => i));
  await outbox.flushed();
  expect(outbox.bytes).toBe(0);
  router.close();
  dealer.close();
});

test("a send that fails costs that message alone, and order stays when sends are slow", async () => {
  const sent: string[] = [];
  const outbox = new Outbox(async (frames) => {
    const text = String(frames[0]);
    await new Promise((resolve) => setTimeout(resolve, text === "a" ? 20 : 0));
    if (text === "b") throw new Error("no such peer");
    sent.push(text);
  });
  for (const text of ["a", "b", "c"]) outbox.push([Buffer.from(text)]);
  await outbox.flushed();
  outbox.push([Buffer.from("d")]);
  await outbox.flushed();
  expect(sent).toEqual(["a", "c", "d"]);
});
