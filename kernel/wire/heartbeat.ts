// The heartbeat: what a client sends comes back as it came (clients ping with REQ or DEALER), whatever JavaScript does meanwhile. ZeroMQ's
// proxy carries it in a thread of libuv's pool: from the bound socket to a *ring*, a socket that is connected to itself, and back. As
// front and back end of one proxy the bound socket alone would do, but libzmq 4.3.5 crashes on that as soon as a proxy can be ended.
import { Dealer, Proxy, type Router } from "zeromq";
import { log } from "./log.ts";

let made = 0;

/**
 * Begins to echo.
 * @param socket bound; closed when the echo ends
 * @returns ends it; resolves when the socket is closed
 */
export async function beat(socket: Router): Promise<() => Promise<void>> {
  return poolThreads() > 1 ? echoNatively(socket) : echoHere(socket);
}

async function echoNatively(socket: Router): Promise<() => Promise<void>> {
  const ring = new Dealer({ sendHighWaterMark: 0, receiveHighWaterMark: 0, linger: 0 });
  const address = `inproc://heartbeat-${made++}`;
  await ring.bind(address);
  ring.connect(address);
  const proxy = new Proxy(socket, ring);
  const ended = proxy.run().catch((error: unknown) => log(`the heartbeat ended: ${String(error)}`));
  // libuv waits for its threads when a process exits, and this one would never be done.
  const terminate = () => proxy.terminate();
  process.once("exit", terminate);
  return async () => {
    process.removeListener("exit", terminate);
    terminate();
    await ended;
  };
}

/** Where the pool has one thread, files need it. */
function echoHere(socket: Router): () => Promise<void> {
  const ended = echo(socket);
  return () => {
    socket.close();
    return ended;
  };
}

async function echo(socket: Router): Promise<void> {
  while (!socket.closed) {
    try {
      for await (const frames of socket) await socket.send(frames);
    } catch (error) {
      if (!socket.closed) log(`the heartbeat failed and goes on: ${String(error)}`);
    }
  }
}

/** As libuv reads it: 4 unless the environment says something, and at least 1. */
function poolThreads(): number {
  const asked = process.env["UV_THREADPOOL_SIZE"];
  return asked === undefined ? 4 : Math.max(1, Math.trunc(Number(asked)) || 1);
}
