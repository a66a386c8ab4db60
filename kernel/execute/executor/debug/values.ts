// Values as the debug protocol shows them: a line of text each, and a number to ask for what is inside. The numbers hold until the main
// thread goes on, or until the next look at the top-level names.
//
// No `type` is told: JupyterLab writes it in the value's place unless it is one of Python's; the text begins with the class.
import type { Runtime } from "node:inspector";
import { remoteText } from "../remote-text.ts";
import { argumentOf, GROUP, HANDLE, type Inspector, refusal } from "./inspector.ts";

export interface Variable {
  readonly name: string;
  readonly value: string;
  readonly variablesReference: number;
  readonly evaluateName?: string;
  readonly indexedVariables?: number;
}

/** Something with parts. */
type Container =
  | { readonly kind: "object"; readonly objectId: string; readonly path: string | undefined; readonly length?: number }
  | {
      readonly kind: "scope";
      readonly objectIds: readonly string[];
      readonly extras: readonly (readonly [string, Runtime.RemoteObject])[];
    }
  | { readonly kind: "globals" };

/** Of one value, unless the front end asks for a range. */
const MAX_CHILDREN = 200;
const MAX_FUNCTION = 100;
const MAX_STRING = 10_000;

export class Values {
  readonly #inspector: Inspector;
  readonly #containers = new Map<number, Container>();
  #last = 0;

  constructor(inspector: Inspector) {
    this.#inspector = inspector;
  }

  /** The values may have changed: what was told of them no longer holds. */
  forget(): void {
    this.#containers.clear();
    this.#inspector.quietly("Runtime.releaseObjectGroup", { objectGroup: GROUP });
  }

  /** @returns the number of something with parts */
  keep(container: Container): number {
    this.#containers.set(++this.#last, container);
    return this.#last;
  }

  find(reference: number): Container {
    const container = this.#containers.get(reference);
    if (!container) throw refusal("these variables are no longer there");
    return container;
  }

  /** @param path what a cell would write for it */
  describe(name: string, remote: Runtime.RemoteObject, path?: string): Variable {
    const { objectId, type, subtype, className, description = "" } = remote;
    const isList = subtype === "array" || subtype === "typedarray";
    const length = isList ? Number(/\((\d+)\)$/.exec(description)?.[1] ?? 0) : undefined;
    const hasParts = objectId !== undefined && type !== "symbol" && subtype !== "regexp" && className !== "Date";
    return {
      name,
      value: shownText(remote),
      variablesReference: hasParts
        ? this.keep({
            kind: "object",
            objectId,
            // What is in a Map or Set has no path that could be written.
            path: subtype === "map" || subtype === "set" ? undefined : path,
            ...(length === undefined ? {} : { length }),
          })
        : 0,
      ...(path === undefined ? {} : { evaluateName: path }),
      ...(length === undefined ? {} : { indexedVariables: length }),
    };
  }

  async children(reference: number, from: number, asked: number): Promise<readonly Variable[]> {
    const count = asked || MAX_CHILDREN;
    const container = this.find(reference);
    if (container.kind === "globals") return this.globals();
    if (container.kind === "scope") return this.#scope(container.objectIds, container.extras);
    const { objectId, path, length = 0 } = container;
    const given = [{ objectId }, { value: from }, { value: count }];
    const listing = await this.#inspector.call("children", given);
    const entries = await this.#entries(listing);
    const shown = entries.map(([name, remote]) => this.#variable(name, remote, memberOf(path, name)));
    const rest = length - from - count;
    if (rest > 0 && asked === 0) shown.push({ name: "…", value: `${rest} more`, variablesReference: 0 });
    return shown;
  }

  /** The top-level names of all cells. */
  async globals(): Promise<readonly Variable[]> {
    const { names } = await this.#inspector.post<{ names: readonly string[] }>("Runtime.globalLexicalScopeNames");
    // What TypeScript lowers decorators to is nobody's variable.
    const own = names.filter((name) => !name.startsWith("__"));
    const readers = own.map((name) => `${JSON.stringify(name)}: () => ${name}`).join(", ");
    const listing = await this.#inspector.evaluate(`${HANDLE}.gather({ ${readers} })`, {
      objectGroup: GROUP,
    });
    return (await this.#entries(listing)).map(([name, remote]) => this.#variable(name, remote, name));
  }

  async #scope(
    objectIds: readonly string[],
    extras: readonly (readonly [string, Runtime.RemoteObject])[],
  ): Promise<readonly Variable[]> {
    const shown = new Map<string, Variable>();
    // From the innermost block outwards: what is hidden is not shown.
    for (const objectId of objectIds)
      for (const [name, remote] of await this.#entries(await this.#inspector.call("variables", [{ objectId }])))
        if (!shown.has(name)) shown.set(name, this.#variable(name, remote, name, "(not yet set)"));
    for (const [name, remote] of extras)
      shown.set(name, this.describe(name, remote, name === "this" ? name : undefined));
    return [...shown.values()];
  }

  #variable(
    name: string,
    remote: Runtime.RemoteObject | undefined,
    path: string | undefined,
    without = "(getter)",
  ): Variable {
    if (remote) return this.describe(name, remote, path);
    return { name, value: without, variablesReference: 0, ...(path === undefined ? {} : { evaluateName: path }) };
  }

  /** @returns names and values of a listing (listing.ts); no value where there is a getter */
  async #entries(listing: Runtime.RemoteObject): Promise<(readonly [string, Runtime.RemoteObject | undefined])[]> {
    if (listing.objectId === undefined) return [];
    const request = { objectId: listing.objectId, ownProperties: true, generatePreview: true };
    const { result } = await this.#inspector.post<Runtime.GetPropertiesReturnType>("Runtime.getProperties", request);
    return result.map(({ name, value }) => [name.slice(name.indexOf(":") + 1), value] as const);
  }

  /** Puts a value where the front end says. @returns what is there now */
  async assign(objectId: string, name: string, made: Runtime.RemoteObject): Promise<Variable> {
    await this.#inspector.call("assign", [{ objectId }, { value: name }, argumentOf(made)]);
    return this.describe(name, made);
  }
}

function shownText(remote: Runtime.RemoteObject): string {
  const { type, subtype, description = "" } = remote;
  const head = description.split("\n")[0] ?? "";
  if (type === "function") return head === description ? cut(head, MAX_FUNCTION) : `${cut(head, MAX_FUNCTION)} …`;
  if (type === "string") return cut(JSON.stringify(remote.value), MAX_STRING);
  return subtype === "error" ? head : remoteText(remote).replace(/^Object (?=\{)/, "");
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}

function memberOf(path: string | undefined, name: string): string | undefined {
  if (path === undefined) return undefined;
  if (/^\d+$/.test(name)) return `${path}[${name}]`;
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `${path}.${name}` : `${path}[${JSON.stringify(name)}]`;
}
