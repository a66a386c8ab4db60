// A front end with a debugger, as the tests need one: requests of the debug protocol, its events, and short questions about what it shows.
import { expect } from "vitest";
import type { DebugCommand } from "../../../../kernel/wire/debug-requests.ts";
import type { JsonObject } from "../../../../kernel/wire/schema.ts";
import type { TestClient } from "../../running-kernel.ts";

interface Reply {
  readonly success: boolean;
  readonly message?: string;
  readonly body: JsonObject;
}

interface Frame {
  readonly id: number;
  readonly name: string;
  readonly line: number;
  readonly source: { readonly path: string };
}

export interface Variable {
  readonly name: string;
  readonly value: string;
  readonly variablesReference: number;
  readonly evaluateName?: string;
}

export class FrontEnd {
  readonly client: TestClient;
  #seq = 0;
  /** Events that were waited for. */
  #seen = 0;

  constructor(client: TestClient) {
    this.client = client;
  }

  async request(command: DebugCommand | "unknown", given: object = {}): Promise<Reply> {
    const content = { type: "request", seq: ++this.#seq, command, arguments: given };
    const { reply } = await this.client.request("debug_request", content, "control");
    expect(reply).toMatchObject({ type: "response", request_seq: this.#seq, command });
    return reply as unknown as Reply;
  }

  /** @returns the body of a request that succeeds */
  async ask(command: DebugCommand, given: object = {}): Promise<JsonObject> {
    const { success, message, body } = await this.request(command, given);
    if (!success) throw new Error(`${command}: ${message}`);
    return body;
  }

  async attach(): Promise<void> {
    await this.ask("initialize", { clientID: "test", linesStartAt1: true });
    await this.ask("attach");
    await this.event("initialized");
  }

  events(): JsonObject[] {
    return this.client.iopub.filter((m) => m.header.msg_type === "debug_event").map((m) => m.content);
  }

  /** The next event of this kind behind those that were waited for. */
  async event(kind: string): Promise<JsonObject> {
    const next = () => this.events().findIndex((one, i) => i >= this.#seen && one["event"] === kind);
    await this.client.until(() => next() >= 0, 20_000, `the event ${kind}`);
    const at = next();
    this.#seen = at + 1;
    return this.events()[at]?.["body"] as JsonObject;
  }

  /** Breakpoints in a cell. @returns its path, and the lines where they are */
  async breakAt(code: string, ...lines: (number | object)[]): Promise<{ path: string; lines: number[] }> {
    const path = String((await this.ask("dumpCell", { code }))["sourcePath"]);
    const breakpoints = lines.map((line) => (typeof line === "number" ? { line } : line));
    const body = await this.ask("setBreakpoints", { source: { path }, breakpoints });
    return { path, lines: (body["breakpoints"] as { line: number }[]).map(({ line }) => line) };
  }

  async frames(): Promise<readonly Frame[]> {
    return (await this.ask("stackTrace", { threadId: 1 }))["stackFrames"] as Frame[];
  }

  /** "f:2" for each frame. */
  async where(): Promise<string[]> {
    return (await this.frames()).map(({ name, line }) => `${name}:${line}`);
  }

  async children(variablesReference: number): Promise<readonly Variable[]> {
    return (await this.ask("variables", { variablesReference }))["variables"] as Variable[];
  }

  /** Name and value of the variables of a scope of a frame. */
  async scope(name: string, frame = 0): Promise<Record<string, string>> {
    const frameId = (await this.frames())[frame]?.id;
    const { scopes } = (await this.ask("scopes", { frameId })) as {
      scopes?: { name: string; variablesReference: number }[];
    };
    const found = scopes?.find((scope) => scope.name === name);
    if (!found) throw new Error(`no scope ${name} among ${scopes?.map((scope) => scope.name).join(", ")}`);
    return Object.fromEntries((await this.children(found.variablesReference)).map((one) => [one.name, one.value]));
  }

  /** @returns the value, or the refusal */
  async evaluate(expression: string, more: object = {}): Promise<string> {
    const frameId = (await this.frames())[0]?.id;
    const { success, body, message } = await this.request("evaluate", { expression, frameId, ...more });
    return success ? String(body["result"]) : `refused: ${message}`;
  }
}
