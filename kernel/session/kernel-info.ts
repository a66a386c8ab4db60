// kernel_info: what this kernel is. Clients start with this request, so it waits for nothing.
import { createRequire } from "node:module";
import { PROTOCOL_VERSION } from "../wire/messages.ts";
import type { Handler } from "./context.ts";
import { reply } from "./post.ts";

const readPackage = createRequire(import.meta.url);

function versionOf(packageFile: string): string {
  return (readPackage(packageFile) as { version: string }).version;
}

export const kernelInfo: Handler<"kernel_info_request"> = (session) => {
  // Now that the first question has its answer, types may take their second to load.
  setImmediate(() => session.language());
  const own = versionOf("../../package.json");
  const typescript = versionOf("typescript/package.json");
  return reply("kernel_info_reply", {
    status: "ok",
    protocol_version: PROTOCOL_VERSION,
    implementation: "blankslate",
    implementation_version: own,
    language_info: {
      name: "typescript",
      version: typescript,
      mimetype: "text/typescript",
      file_extension: ".ts",
      pygments_lexer: "typescript",
      // A string: JupyterLab does not know the object form.
      codemirror_mode: "typescript",
      nbconvert_exporter: "script",
    },
    banner: `Blankslate ${own} (TypeScript ${typescript} on Node ${process.versions.node})`,
    debugger: true,
    help_links: [
      { text: "TypeScript handbook", url: "https://www.typescriptlang.org/docs/handbook/" },
      { text: "Node.js", url: "https://nodejs.org/docs/latest-v24.x/api/" },
      { text: "TensorFlow.js", url: "https://js.tensorflow.org/api/latest/" },
    ],
    supported_features: ["debugger", "kernel subshells"],
  });
};
