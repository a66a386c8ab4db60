// A sandbox's process: `main.ts python IMAGE`, `main.ts javascript`, or `main.ts image`, which writes an image of Python up the pipe and ends.
// It is started without environment, network, file system and children (layers.ts); what is here must hold without counting on that.
import { writeSync } from "node:fs";
import { UP_FD } from "../protocol.ts";
import type { Reply, Request } from "../protocol.ts";
import { readFrame, writeFrame } from "./channel.ts";

const [, , what, imageFile] = process.argv;

async function serve(answer: (request: Request) => Reply | Promise<Reply>): Promise<void> {
  writeFrame({ type: "ready" });
  for (;;) {
    const reply = await answer(JSON.parse(readFrame()) as Request);
    writeFrame(reply);
    // What was refused may have left the interpreter torn: the next one starts in a new process.
    if (reply.type === "done" && reply.ending === "refused") process.exit(0);
  }
}

if (what === "image") {
  const { makeImage } = await import("./python.ts");
  const image = await makeImage();
  for (let at = 0; at < image.length;) at += writeSync(UP_FD, image, at);
} else if (what === "python") {
  const { python } = await import("./python.ts");
  await serve(await python(imageFile as string));
} else {
  const { javascript } = await import("./javascript.ts");
  await serve(await javascript());
}
