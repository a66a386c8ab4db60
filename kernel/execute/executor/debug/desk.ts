// Where requests for the debugger come in, in the watchdog thread. It is loaded with the first of them: without a debugger nothing of it
// is there.
import type { DownMessage } from "../../protocol.ts";
import { SLOT } from "../shared.ts";
import type { SideWriter } from "../side-writer.ts";
import type { Debugger } from "./debugger.ts";

export interface Desk {
  receive(request: Extract<DownMessage, { readonly type: "debug" }>): void;
  /** See debugger.ts. */
  end(): void;
  again(): void;
  close(): void;
}

export function createDesk(writer: SideWriter, state: Int32Array): Desk {
  let loading: Promise<Debugger> | undefined;
  let loaded: Debugger | undefined;

  async function load(prefix: string): Promise<Debugger> {
    const { createDebugger } = await import("./debugger.ts");
    Atomics.store(state, SLOT.debugging, 1);
    const isRunning = () => Atomics.load(state, SLOT.running) !== 0;
    return (loaded = createDebugger(
      prefix,
      (event, body) => writer.send({ type: "debug-event", event, body }),
      isRunning,
    ));
  }

  function close(): void {
    loaded?.close();
    loading = loaded = undefined;
    Atomics.store(state, SLOT.debugging, 0);
  }

  async function answer(debug: Debugger, { id, command, given }: Parameters<Desk["receive"]>[0]): Promise<void> {
    try {
      writer.send({ type: "debugged", id, body: await debug.answer(command, given) });
    } catch (error) {
      const { fact, message } = error as { fact?: string; message: string };
      writer.send({ type: "debugged", id, refused: fact ?? message });
    }
    if (command === "disconnect") close();
  }

  return {
    receive(request) {
      loading ??= load(request.prefix);
      loading
        .then((debug) => answer(debug, request))
        .catch((error: unknown) => {
          throw error;
        });
    },
    end: () => loaded?.end(),
    again: () => loaded?.again(),
    close,
  };
}
