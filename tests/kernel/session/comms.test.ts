// Comms: the channels of widgets between a cell and a front end.
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningKernel, startKernel, textOf } from "../running-kernel.ts";

let kernel: RunningKernel;
beforeAll(async () => {
  kernel = await startKernel();
});
afterAll(() => kernel.dispose());

const OPEN = `
  const comms = (globalThis as any)[Symbol.for("blankslate.comms")];
  const slider = comms.open("test.slider", { value: 1 }, { buffers: [new Uint8Array([1, 2, 3])] });
  slider.onMessage((event: any) => {
    console.log("got", JSON.stringify(event.data), event.buffers.map((b: Uint8Array) => b.length).join());
    slider.send({ value: event.data.value + 1 });
  });
  slider.id`;

test("a comm opened by a cell is announced with its buffers, listed, answered in its own request, and closed with its process", async () => {
  const { client } = kernel;
  const { iopub } = await client.execute(OPEN);
  const open = iopub.find((m) => m.header.msg_type === "comm_open")!;
  expect(open.content).toMatchObject({ target_name: "test.slider", data: { value: 1 } });
  expect(open.buffers.map((b) => [...b])).toEqual([[1, 2, 3]]);
  const comm_id = String(open.content["comm_id"]);
  const info = await client.request("comm_info_request", { target_name: "test.slider" });
  expect(info.reply).toEqual({ status: "ok", comms: { [comm_id]: { target_name: "test.slider" } } });
  expect((await client.request("comm_info_request", { target_name: "other" })).reply).toEqual({
    status: "ok",
    comms: {},
  });

  const { frames, id } = client.frames("comm_msg", { comm_id, data: { value: 41 } }, [new Uint8Array(1_000)]);
  await client.raw("shell", frames);
  await client.until(() => client.of(id).some((m) => m.content["execution_state"] === "idle"));
  expect(client.of(id).map((m) => m.header.msg_type)).toEqual(["status", "stream", "comm_msg", "status"]);
  expect(textOf(client.of(id))).toBe('got {"value":41} 1000\n');
  expect(client.of(id)[2]!.content).toMatchObject({ comm_id, data: { value: 42 } });

  await client.execute("process.exit(0)");
  await client.until(() =>
    client.iopub.some((m) => m.header.msg_type === "comm_close" && m.content["comm_id"] === comm_id),
  );
  expect((await client.request("comm_info_request")).reply).toEqual({ status: "ok", comms: {} });
  expect(await client.works()).toBe(true);
});

test("a front end's message is handled while a cell awaits, and the cell stays busy", async () => {
  const { client } = kernel;
  const { iopub } = await client.execute(OPEN);
  const comm_id = String(iopub.find((m) => m.header.msg_type === "comm_open")!.content["comm_id"]);
  const waiting = await client.send("execute_request", {
    code: "const moved = new Promise<void>((go) => slider.onMessage(() => go())); console.log('listens'); await moved; 'moved'",
  });
  await client.until(() => textOf(client.of(waiting)) === "listens\n");
  await client.send("comm_msg", { comm_id, data: { value: 1 } });
  expect((await client.answerTo(waiting)).reply["status"]).toBe("ok");
});

test("a front end that opens an unknown target is closed at once", async () => {
  const id = await kernel.client.send("comm_open", { comm_id: "c-1", target_name: "nobody", data: {} });
  await kernel.client.until(() => kernel.client.of(id).some((m) => m.content["execution_state"] === "idle"));
  expect(kernel.client.of(id).map((m) => m.header.msg_type)).toEqual(["status", "comm_close", "status"]);
  expect((await kernel.client.request("comm_info_request")).reply["comms"]).not.toHaveProperty("c-1");
});
