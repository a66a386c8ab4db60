// The checks that a public scoreboard runs on every kernel it lists, made anew: each by its public name.
import { beforeAll, describe, expect, test } from "vitest";
import { findPython, installKernel, runScript } from "./python.ts";

const python = await findPython();
const NAMES = [
  "heartbeat_responds",
  "iopub_welcome",
  "kernel_info_reply_valid",
  "kernel_info_has_language_info",
  "kernel_info_has_protocol_version",
  "execute_stdout",
  "execute_stderr",
  "execute_reply_ok",
  "status_busy_idle_lifecycle",
  "execute_input_broadcast",
  "complete_request",
  "inspect_request",
  "is_complete_complete",
  "is_complete_incomplete",
  "history_request",
  "comm_info_request",
  "error_handling",
  "display_data",
  "update_display_data",
  "execute_result",
  "rich_execute_result",
  "stdin_input_request",
  "comms_lifecycle",
  "interrupt_request",
  "execution_count_increments",
  "parent_header_correlation",
  "shutdown_reply",
];

describe.skipIf(!python)("the testbed's 27 checks", () => {
  let found: Record<string, string | null>;
  beforeAll(async () => {
    const installed = await installKernel();
    found = (await runScript(python!, installed, "testbed.py")) as typeof found;
    await installed.remove();
  });

  test.each(NAMES)("%s", (name) => {
    expect(found).toHaveProperty(name, null);
  });

  test("there are 27, and no other", () => {
    expect(Object.keys(found)).toEqual(NAMES);
    expect(NAMES).toHaveLength(27);
  });
});
