// Widgets as the wire process sees them: the messages of ipywidgets' protocol, over an executor's own pipes.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { CommMessage, UpMessage } from "../../../kernel/execute/protocol.ts";
import { ExecutorProcess } from "./process.ts";

let executor: ExecutorProcess;
beforeAll(async () => {
  executor = await ExecutorProcess.start();
});
afterAll(() => executor.stop());

const commsOf = (messages: readonly UpMessage[]) => messages.filter((m) => m.type === "comm");
const dataOf = (message: CommMessage | undefined) => message?.content["data"] as Record<string, unknown>;
let front = 0;

/** A message from a front end. @returns everything that was said because of it */
async function say(comm_id: string, data: object, buffers: Uint8Array[] = [], kind: CommMessage["kind"] = "comm_msg") {
  const cell = `front${++front}`;
  const content = { comm_id, data, ...(kind === "comm_open" ? { target_name: "jupyter.widget.control" } : {}) };
  const from = executor.messages.length;
  executor.send({ type: "comm", kind, content, buffers, cell });
  await executor.next((m) => m.type === "done" && m.cell === cell);
  return executor.messages.slice(from);
}

test("a slider opens its model with its state, is shown by its id, and is moved from both sides, told once each", async () => {
  const { messages, result, error } = await executor.run(`
    import { IntSlider } from "blankslate/widgets";
    const slider = new IntSlider({ value: 3, max: 10, description: "layers", style: { handle_color: "teal" } });
    slider.on("value", (now, before) => console.log(before, "->", now));
    slider`);
  expect(error).toBeNull();
  const [style, open] = commsOf(messages);
  expect(dataOf(style)["state"]).toMatchObject({
    _model_name: "SliderStyleModel",
    _view_module: "@jupyter-widgets/base",
    handle_color: "teal",
  });
  expect(open).toMatchObject({
    kind: "comm_open",
    metadata: { version: "2.1.0" },
    content: { target_name: "jupyter.widget" },
  });
  expect(dataOf(open)["state"]).toMatchObject({
    _model_module: "@jupyter-widgets/controls",
    _model_name: "IntSliderModel",
    _view_name: "IntSliderView",
    value: 3,
    min: 0,
    max: 10,
    description: "layers",
    style: `IPY_MODEL_${String(style?.content["comm_id"])}`,
  });
  const id = String(open?.content["comm_id"]);
  expect(result?.data).toEqual({
    "application/vnd.jupyter.widget-view+json": { version_major: 2, version_minor: 0, model_id: id },
    "text/plain": expect.stringMatching(/^IntSlider\(.*value=3/),
  });

  const set = await executor.run("slider.value = 99; slider.value");
  expect(commsOf(set.messages).map(dataOf)).toEqual([{ method: "update", state: { value: 10 }, buffer_paths: [] }]);
  expect([set.text, set.stdout, executor.of("c1").stdout]).toEqual(["10", "", "3 -> 10\n"]);

  const said = await say(id, { method: "update", state: { value: 7 }, buffer_paths: [] });
  expect(commsOf(said).map(dataOf)).toEqual([{ method: "echo_update", state: { value: 7 }, buffer_paths: [] }]);
  expect(executor.of("c1").stdout).toBe("3 -> 10\n10 -> 7\n");
  expect((await executor.run("slider.value")).text).toBe("7");
});

test("what a handler prints and throws stands below the cell that set it up, and the next message still gets through", async () => {
  const { cell, outcome } = executor.begin(`
    import { Button, Checkbox } from "blankslate/widgets";
    const button = new Button({ description: "Go" });
    const box = new Checkbox();
    box.on("value", () => { throw new RangeError("refused") });
    box.on("value", async (on) => { await null; console.log("box", on) });
    button.onMessage((content) => console.log("heard", content.event));
    [button.id, box.id].join()`);
  const [button = "", box = ""] = String((await outcome).text)
    .slice(1, -1)
    .split(",");
  await say(box, { method: "update", state: { value: true } });
  await say(button, { method: "custom", content: { event: "click" } });
  await executor.next((m) => m.type === "stray" && m.cell === cell);
  const seen = executor.of(cell);
  expect(seen.messages.find((m) => m.type === "stray")).toMatchObject({
    error: { ename: "RangeError", evalue: "refused" },
  });
  await expect.poll(() => executor.of(cell).stdout).toBe("box true\nheard click\n");
});

test("next() waits in a cell for what the reader does", async () => {
  const id = String(
    (await executor.run(`import { Text } from "blankslate/widgets"; const field = new Text(); field.id`)).text,
  ).slice(1, -1);
  const waiting = executor.begin(`const typed = field.next("value"); console.log("waits"); await typed + "!"`);
  await expect.poll(() => executor.of(waiting.cell).stdout).toBe("waits\n");
  await say(id, { method: "update", state: { value: "Ada" } });
  expect((await waiting.outcome).text).toBe("'Ada!'");
});

test("a Dropdown knows its choice by position and by name", async () => {
  const { messages, text } = await executor.run(`
    import { Dropdown } from "blankslate/widgets";
    const engine = new Dropdown({ options: ["wasm", "webgpu"], index: 0 });
    engine.index = 1;
    engine.value`);
  expect(text).toBe("'webgpu'");
  expect(dataOf(commsOf(messages)[0])["state"]).toMatchObject({ _options_labels: ["wasm", "webgpu"], index: 0 });
  expect(dataOf(commsOf(messages)[1])["state"]).toMatchObject({ index: 1 });
});

test("Output takes what the captured call prints and shows, also later, and nothing else", async () => {
  const { messages, stdout } = await executor.run(`
    import { HBox, Output } from "blankslate/widgets";
    const out = new Output();
    const row = new HBox({ children: [out] });
    console.log("before");
    await out.capture(async () => {
      console.log("a"); console.log("b"); console.error("c");
      display.html("<b>1</b>", { displayId: "x" });
      await null;
      display.html("<b>2</b>", { displayId: "x" });
      setTimeout(() => console.log("later"), 150);
    });
    console.log("after");
    await new Promise((resolve) => setTimeout(resolve, 400));
    const was = JSON.stringify(out.outputs);
    out.clear();
    await out.append([1, 2]);
    await new Promise((resolve) => setTimeout(resolve, 300));
    console.log(was === JSON.stringify(out.outputs), JSON.stringify(out.outputs))`);
  expect(stdout).toMatch(/^before\nafter\nfalse /);
  const shown = commsOf(messages)
    .map((m) => (dataOf(m)["state"] as { outputs?: { output_type: string; text?: string; data?: object }[] }).outputs)
    .filter((outputs) => outputs?.some((one) => one.text === "later\n"));
  expect(shown[0]).toEqual([
    { output_type: "stream", name: "stdout", text: "a\nb\n" },
    { output_type: "stream", name: "stderr", text: "c\n" },
    { output_type: "display_data", data: { "text/html": "<b>2</b>" }, metadata: {} },
    { output_type: "stream", name: "stdout", text: "later\n" },
  ]);
  expect(stdout).toContain('"text/plain":"[ 1, 2 ]"');
  const children = commsOf(messages).map((m) => (dataOf(m)["state"] as { children?: unknown }).children);
  expect(children).toContainEqual([`IPY_MODEL_${String(commsOf(messages)[0]?.content["comm_id"])}`]);
});

test("widget({ esm, state }) sends bytes beside its JSON and takes them back; a method's name is refused", async () => {
  const { messages, text } = await executor.run(`
    import { widget } from "blankslate/widgets";
    const view = widget({ esm: "export default {}", css: "p {}", state: { image: { pixels: new Uint8Array([1, 2, 3]), width: 3 }, n: 1 } });
    view.id`);
  const open = commsOf(messages)[0];
  expect(dataOf(open)).toMatchObject({
    buffer_paths: [["image", "pixels"]],
    state: {
      _model_module: "anywidget",
      _model_name: "AnyModel",
      _esm: "export default {}",
      _css: "p {}",
      n: 1,
      image: { width: 3 },
    },
  });
  expect(open?.buffers?.map((b) => [...b])).toEqual([[1, 2, 3]]);
  const id = String(text).slice(1, -1);
  await say(id, { method: "update", state: { image: { width: 2 } }, buffer_paths: [["image", "pixels"]] }, [
    new Uint8Array([8, 9]),
  ]);
  expect((await executor.run("[[...view.image.pixels], view.image.width].join()")).text).toBe("'8,9,2'");
  expect((await executor.run(`widget({ esm: "", state: { close: 1 } })`)).error).toMatchObject({
    ename: "WIDGET_NAME",
  });
});

test("a front end that comes later gets every open widget, and none that was closed", async () => {
  await executor.run(`
    import { Label } from "blankslate/widgets";
    const kept = new Label({ value: "kept" }), closed = new Label({ value: "closed" });
    closed.close()`);
  await say("control", {}, [], "comm_open");
  const answer = commsOf(await say("control", { method: "request_states" })).map(dataOf)[0]!;
  expect(answer["method"]).toBe("update_states");
  const states = Object.values(answer["states"] as Record<string, { model_name: string; state: { value?: unknown } }>);
  expect(states.filter((s) => s.model_name === "LabelModel").map((s) => s.state.value)).toEqual(["kept"]);
  expect(states.filter((s) => s.model_name === "IntSliderModel").map((s) => s.state.value)).toEqual([7]);
});
