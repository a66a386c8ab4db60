// `NAME?` as a cell: what types and documentation say of a name, as a tooltip would, in the cell's output. A name that nobody has imported may
// be the laboratory's.
import { fault } from "../../lib/core/errors.ts";
import type { MimeBundle } from "../../lib/core/host.ts";
import type { LanguageService } from "../language/language.ts";

/** A tooltip may say where on this machine a name is declared; an output is kept, and read by others. */
const PLACE = /\n\n\*?declared in (?:\/|[A-Za-z]:)[^\n]*$/;

/** @throws NO_SUCH_NAME */
export async function explain(language: LanguageService, topic: string): Promise<MimeBundle> {
  const root = topic.split(".", 1)[0] ?? topic;
  for (const code of [topic, `import { ${root} } from "blankslate";\n${topic}`]) {
    const { found, data } = await language.inspect(code, Array.from(code).length, 1);
    if (found) return Object.fromEntries(Object.entries(data).map(([mime, text]) => [mime, text.replace(PLACE, "")]));
  }
  throw fault("NO_SUCH_NAME", `nothing is called ${topic} here.`, "`npx blankslate help WORDS` looks for words.");
}
