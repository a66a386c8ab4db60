import { expect, test } from "vitest";
import { joinTerminalText, OutputCollector } from "../../../kernel/command/run/collect.ts";
import type { CodeCell } from "../../../kernel/command/run/notebook.ts";

const newCell = (): CodeCell => ({
  cell_type: "code",
  id: "c",
  metadata: {},
  source: "",
  outputs: [],
  execution_count: null,
});
const message = (parent: string, type: string, content: Record<string, unknown>) => ({
  header: { msg_type: type },
  parent_header: { msg_id: parent },
  content,
});

test("consecutive texts of one stream are one output; the other stream starts a new one", () => {
  const cell = newCell();
  const collector = new OutputCollector();
  collector.begin("1", cell);
  for (const [name, text] of [
    ["stdout", "a\n"],
    ["stdout", "b\n"],
    ["stderr", "e\n"],
    ["stdout", "c\n"],
  ]) {
    collector.take(message("1", "stream", { name, text }));
  }
  expect(cell.outputs.map((output) => output.output_type === "stream" && `${output.name}:${output.text}`)).toEqual([
    "stdout:a\nb\n",
    "stderr:e\n",
    "stdout:c\n",
  ]);
});

test("a display is updated in both cells that show it, and late output goes to its own cell", () => {
  const [one, two] = [newCell(), newCell()];
  const collector = new OutputCollector();
  const show = (data: object) => ({ data, metadata: {}, transient: { display_id: "d" } });
  collector.begin("1", one);
  collector.take(message("1", "display_data", show({ "text/plain": "first" })));
  collector.begin("2", two);
  collector.take(message("2", "display_data", show({ "text/plain": "second" })));
  collector.take(message("2", "update_display_data", show({ "text/plain": "third" })));
  collector.take(message("1", "stream", { name: "stdout", text: "late" }));
  const shown = (cell: CodeCell) => cell.outputs.map((output) => ("data" in output ? output.data["text/plain"] : ""));
  expect(shown(one)).toEqual(["third", ""]);
  expect(shown(two)).toEqual(["third"]);
});

test("clear_output clears at once, or with the next output when it waits", () => {
  const cell = newCell();
  const collector = new OutputCollector();
  collector.begin("1", cell);
  collector.take(message("1", "stream", { name: "stdout", text: "a" }));
  collector.take(message("1", "clear_output", { wait: true }));
  expect(cell.outputs).toHaveLength(1);
  collector.take(message("1", "stream", { name: "stdout", text: "b" }));
  expect(cell.outputs).toMatchObject([{ text: "b" }]);
  collector.take(message("1", "clear_output", { wait: false }));
  expect(cell.outputs).toEqual([]);
  collector.take(message("1", "stream", { name: "stdout", text: "c" }));
  expect(cell.outputs).toMatchObject([{ text: "c" }]);
});

test("1,000 redraws of a progress line leave one line, however the pieces are cut", () => {
  const whole = Array.from({ length: 1000 }, (_, i) => `\r${i} of 1000`).join("") + "\r\nnext\r\n";
  for (const size of [1, 7, 100]) {
    let text = "start\n";
    for (let at = 0; at < whole.length; at += size) text = joinTerminalText(text, whole.slice(at, at + size));
    expect(text).toBe("start\n999 of 1000\nnext\n");
  }
  expect(joinTerminalText("ab", "\b\bcd")).toBe("cd");
});
