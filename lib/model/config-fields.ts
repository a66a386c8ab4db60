// The fields of a JSON object of config.json, read one by one, so that at the end what nobody read can be refused.
import { fault } from "../core/errors.ts";

export type Json = Readonly<Record<string, unknown>>;

export const unsupported = (fact: string) =>
  fault("CONFIG_UNSUPPORTED", fact, "this library would compute something else than the model's authors: it refuses.");

/** What was read, so that what was not can be refused. */
export class Fields {
  readonly #json: Json;
  readonly #place: string;
  readonly #read = new Set<string>();

  constructor(json: Json, place = "config.json") {
    this.#json = json;
    this.#place = place;
  }
  get(name: string): unknown {
    this.#read.add(name);
    return this.#json[name];
  }
  has(name: string): boolean {
    return this.get(name) !== undefined && this.get(name) !== null;
  }
  number(name: string, otherwise?: number): number {
    const value = this.get(name) ?? otherwise;
    if (typeof value === "number") return value;
    throw fault("CONFIG_INVALID", `${this.#place} has ${name} = ${JSON.stringify(value)}.`, "it must be a number.");
  }
  flag(name: string, otherwise: boolean): boolean {
    const value = this.get(name) ?? otherwise;
    if (typeof value === "boolean") return value;
    throw fault(
      "CONFIG_INVALID",
      `${this.#place} has ${name} = ${JSON.stringify(value)}.`,
      "it must be true or false.",
    );
  }
  one<T>(name: string, otherwise: string, allowed: Readonly<Record<string, T>>): T {
    const value = this.get(name) ?? otherwise;
    if (typeof value === "string" && Object.hasOwn(allowed, value)) return allowed[value] as T;
    throw unsupported(`${this.#place} has ${name} = ${JSON.stringify(value)}.`);
  }
  /** @throws CONFIG_UNSUPPORTED  a field that was not read, is not known to be inert and is not off */
  finish(inert: ReadonlySet<string>): void {
    const isOff = (x: unknown) => x === null || x === false || (typeof x === "object" && Object.keys(x).length === 0);
    for (const [name, value] of Object.entries(this.#json))
      if (!this.#read.has(name) && !inert.has(name) && !isOff(value))
        throw unsupported(
          `${this.#place} has ${name} = ${JSON.stringify(value)?.slice(0, 80)}, which is not known here.`,
        );
  }
}
