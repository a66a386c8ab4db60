// TypeScript of the user's to what V8 evaluates on a frame. Where a cell declared a top-level name again (it ran twice), V8's debugger finds an
// empty place under that name from a frame, though the code itself finds the value. So such names are lent: read and assigned from outside,
// as properties of an object. What the frame has of the same name comes first.
import type { Runtime } from "node:inspector";
import type { Frame } from "./frames.ts";
import { HANDLE, type Inspector } from "./inspector.ts";

export class Expressions {
  readonly #inspector: Inspector;

  constructor(inspector: Inspector) {
    this.#inspector = inspector;
  }

  /** @throws DEBUG_REFUSED it does not parse */
  async on(code: string, frame: Frame | undefined): Promise<string> {
    if (!frame) return this.#inspector.ask("expression", code, [], []);
    const [own, lent] = await Promise.all([this.#namesOf(frame), this.#lend(code)]);
    return this.#inspector.ask("expression", code, lent, own);
  }

  /** For where a frame is not known yet: V8 evaluates it at a breakpoint, and finds the frame's variables through `eval`. */
  async anywhere(code: string): Promise<string> {
    const lent = await this.#lend(code);
    const [plain, other] = await Promise.all([
      this.#inspector.ask("expression", code, [], []),
      this.#inspector.ask("expression", code, lent, []),
    ]);
    if (lent.length === 0) return `eval(${JSON.stringify(plain)})`;
    return `(() => { try { return eval(${JSON.stringify(plain)}); } catch (error) { if (error?.name !== "ReferenceError") throw error; return eval(${JSON.stringify(other)}); } })()`;
  }

  /** @returns the cells' top-level names that occur in the code */
  async #lend(code: string): Promise<readonly string[]> {
    const { names } = await this.#inspector.post<{ names: readonly string[] }>("Runtime.globalLexicalScopeNames");
    const used = names.filter((name) => code.includes(name.replace(/\$$/, "")));
    if (used.length === 0) return [];
    const accessors = used.map(
      (name) => `get ${name}() { return ${name}; }, set ${name}(value$$) { ${name} = value$$; }`,
    );
    const lend = `${HANDLE}.lend({ ${accessors.join(", ")} })`;
    return (await this.#inspector.evaluate(lend, { returnByValue: true })).value as readonly string[];
  }

  /** The names that the frame has between itself and the top level. */
  async #namesOf({ callFrame }: Frame): Promise<readonly string[]> {
    const names = callFrame.scopeChain.map(async ({ type, object: { objectId } }) => {
      if (type === "script" || type === "global" || objectId === undefined) return [];
      const request = { objectId, ownProperties: true };
      const { result } = await this.#inspector.post<Runtime.GetPropertiesReturnType>("Runtime.getProperties", request);
      return result.map(({ name }) => name);
    });
    return (await Promise.all(names)).flat();
  }
}
