// A kernel for one run: connection file, process, client; ready when `openKernel` returns, gone without a trace after `close`.
import { randomBytes } from "node:crypto";
import { createServer, type AddressInfo, type Server } from "node:net";
import { join } from "node:path";
import { fault } from "../../../lib/core/errors.ts";
import { createPrivateTemporaryDirectory, removePath, writeFileAtomic } from "../../../lib/core/files.ts";
import { startKernelProcess } from "../../execute/kernel-process.ts";
import { KernelClient } from "../../wire/client.ts";
import { parseConnection } from "../../wire/connection.ts";
import type { WireMessage } from "../../wire/frames.ts";
import { kernelArgv } from "../kernel-argv.ts";

/** Cold start takes a third of a second; a loaded machine may need many of them. */
const START_TIMEOUT_MS = 60_000;
const SHUTDOWN_TIMEOUT_MS = 5_000;
const PORTS = ["shell_port", "iopub_port", "stdin_port", "control_port", "hb_port"] as const;

export interface RunningKernel {
  readonly client: KernelClient;
  /** Content of its kernel_info_reply. */
  readonly info: Readonly<Record<string, unknown>>;
  /** Rejects with KERNEL_DIED when the process ends before `close`; never resolves. */
  readonly died: Promise<never>;
  kill(): void;
  close(): Promise<void>;
}

/** A kernel's process, whoever is its parent, and what it leaves. */
export interface KernelHost {
  /** The connection file's content. */
  readonly connection: string;
  /** Resolves when the process ended, with what to tell. */
  readonly ended: Promise<string>;
  /** The last of what it wrote. */
  log(): string;
  kill(): void;
  /** After its end: takes away its files. */
  remove(): Promise<void>;
}

/**
 * @param argv its program and arguments; "{connection_file}" is filled in
 * @throws KERNEL_DIED, KERNEL_SILENT
 */
export async function openKernel(
  cwd: string,
  onIopub: (message: WireMessage) => void,
  argv: readonly string[] = kernelArgv(),
): Promise<RunningKernel> {
  const directory = await createPrivateTemporaryDirectory("blankslate-run");
  const remove = () => removePath(directory);
  try {
    const connection = await newConnection();
    const file = join(directory, "connection.json");
    await writeFileAtomic(file, connection, 0o600);
    const [program = "", ...args] = argv.map((part) => part.replace("{connection_file}", file));
    const kernel = await startKernelProcess([program, ...args], cwd);
    return await connectKernel({ ...kernel, connection, remove }, onIopub);
  } catch (error) {
    await remove();
    throw error;
  }
}

/**
 * @returns when the kernel answers; after an error it is killed and its files are gone
 * @throws KERNEL_DIED, KERNEL_SILENT
 */
export async function connectKernel(host: KernelHost, onIopub: (message: WireMessage) => void): Promise<RunningKernel> {
  const client = new KernelClient(parseConnection(Buffer.from(host.connection)), onIopub);
  let closing = false;
  const died = host.ended.then((how) => {
    const log = host.log();
    const fact = `the kernel's process ended (${how}).${log === "" ? "" : `\n${log}`}`;
    const hint = "its last words stand above, if it had any; it may have been killed, or out of memory.";
    const error = fault("KERNEL_DIED", fact, hint);
    if (!closing) client.fail(error);
    throw error;
  });
  died.catch(() => {}); // whoever waits has the promise; nobody may be waiting between two cells
  const dispose = async () => {
    closing = true;
    host.kill();
    await client.close();
    await host.remove();
  };
  try {
    const info = await Promise.race([client.ready(START_TIMEOUT_MS), died]);
    return {
      client,
      info,
      died,
      kill: () => host.kill(),
      async close() {
        closing = true;
        client.request("shutdown_request", { restart: false }, "control").reply.catch(() => {});
        const late = new Promise((resolve) => setTimeout(resolve, SHUTDOWN_TIMEOUT_MS).unref());
        await Promise.race([host.ended, late]);
        await dispose();
      },
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** Ports are free when asked for, and taken a moment later by the kernel: the way every Jupyter client does it. */
export async function newConnection(): Promise<string> {
  const servers = await Promise.all(PORTS.map(listen));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  const connection = {
    transport: "tcp",
    ip: "127.0.0.1",
    ...Object.fromEntries(PORTS.map((name, i) => [name, ports[i]])),
    key: randomBytes(32).toString("hex"),
    signature_scheme: "hmac-sha256",
    kernel_name: "blankslate",
  };
  return JSON.stringify(connection, null, 2);
}

function listen(): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject).listen(0, "127.0.0.1", () => resolve(server));
  });
}
