// A widget: named state that a cell and every front end showing it share (ipywidgets' protocol 2.1, over a comm). Setting a property
// tells the front ends, and what a reader does there comes back as a change. Values are compared by identity: to change a list or an
// object, set another one.
import { AsyncLocalStorage } from "node:async_hooks";
import { fault } from "../../../../lib/core/errors.ts";
import { DISPLAY_SYMBOL, type MimeBundle } from "../../../../lib/core/host.ts";
import type { Comm, CommEvent, Comms } from "../comm.ts";
import { type Packed, pack, type State, unpack } from "./buffers.ts";

/** What the front end draws it with: ipywidgets' names. */
export interface Front {
  readonly module: string;
  readonly version: string;
  readonly model: string;
  readonly view: string;
  /** Where the view is, when not beside the model. */
  readonly viewModule?: string;
}

export type Change<T> = (value: T, before: T) => unknown;
type Message = (content: unknown, buffers: readonly Uint8Array[]) => unknown;

const PROTOCOL = { metadata: { version: "2.1.0" } } as const;
const TARGET = "jupyter.widget";
const CONTROL_TARGET = "jupyter.widget.control";

/** Every open one: front ends that come later ask for all of them. */
const open = new Map<string, Widget>();
let controlled = false;

const idOf = (value: object) => (value instanceof Widget ? value.id : undefined);

export class Widget<S extends object = object> {
  readonly id: string;
  readonly #front: Front;
  readonly #comm: Comm;
  readonly #state: State;
  readonly #settle: (state: State) => State;
  readonly #changes = new Map<string, Set<(value: unknown, before: unknown) => Promise<void>>>();
  readonly #messages = new Set<(content: unknown, buffers: readonly Uint8Array[]) => Promise<void>>();

  /**
   * @param settle brings a state into its bounds; called with every new one
   * @throws NO_NOTEBOOK outside a cell
   * @throws WIDGET_NAME a name of the state is one of the methods'
   */
  constructor(front: Front, state: S, settle: (state: State) => State = (same) => same) {
    const comms = commsOfKernel();
    answerNewcomers(comms);
    this.#front = front;
    this.#settle = settle;
    this.#state = settle({ ...(state as State) });
    for (const name of Object.keys(this.#state)) this.#declare(name);
    const { state: packed, buffer_paths, buffers } = pack({ ...identity(front), ...this.#state }, idOf);
    this.#comm = comms.open(TARGET, { state: packed, buffer_paths }, { ...PROTOCOL, buffers });
    this.id = this.#comm.id;
    open.set(this.id, this);
    this.#comm.onMessage((event) => this.#receive(event));
    this.#comm.onClose(() => void open.delete(this.id));
  }

  /** Sets several properties in one message. */
  set(changes: Partial<S>): void {
    void this.#change(this.#settle({ ...this.#state, ...changes }), (changed) => this.#update(changed));
  }

  /**
   * Calls back whenever the property changes, from either side. What the handler prints stands below the cell that set it up.
   * @returns stops that
   */
  on<K extends keyof S & string>(name: K, handler: Change<S[K]>): () => void {
    const bound = inItsCell(handler as Change<unknown>);
    const handlers = this.#changes.get(name) ?? new Set();
    this.#changes.set(name, handlers.add(bound));
    return () => void handlers.delete(bound);
  }

  /** @returns the property's next value */
  next<K extends keyof S & string>(name: K): Promise<S[K]> {
    return new Promise((resolve) => {
      const stop = this.on(name, (value) => {
        stop();
        resolve(value);
      });
    });
  }

  /** Sends a message of the widget's own kind to its views. */
  send(content: unknown, buffers: readonly Uint8Array[] = []): void {
    this.#comm.send({ method: "custom", content }, { buffers });
  }

  /** @returns stops calling back */
  onMessage(handler: Message): () => void {
    const bound = inItsCell(handler);
    this.#messages.add(bound);
    return () => void this.#messages.delete(bound);
  }

  /** Removes it from every front end. */
  close(): void {
    open.delete(this.id);
    this.#comm.close();
  }

  [DISPLAY_SYMBOL](): MimeBundle {
    const view = { version_major: 2, version_minor: 0, model_id: this.id };
    const shown = Object.entries(this.#state).filter(([, value]) => /^(?:number|string|boolean)$/.test(typeof value));
    const text = `${this.#front.model.replace(/Model$/, "")}(${shown.map(([k, v]) => `${k}=${JSON.stringify(v)}`).join(", ")})`;
    return { "application/vnd.jupyter.widget-view+json": view, "text/plain": text.slice(0, 110) };
  }

  /** Everything a front end needs to draw it anew. */
  describe(): object {
    const { model, module, version } = this.#front;
    const state = { ...identity(this.#front), ...this.#state };
    return { model_name: model, model_module: module, model_module_version: version, state };
  }

  #declare(name: string): void {
    if (name in this) {
      throw fault("WIDGET_NAME", `"${name}" is a method of every widget.`, "give the state another name.");
    }
    Object.defineProperty(this, name, {
      enumerable: true,
      get: () => this.#state[name],
      set: (value: unknown) => {
        this.set({ [name]: value } as Partial<S>);
      },
    });
  }

  /** Resolves when the handlers are through: front ends send the next change only then, the latest of those made meanwhile. */
  async #receive({ data, buffers }: CommEvent): Promise<void> {
    switch (data["method"]) {
      case "update": {
        const packed = { buffer_paths: [], ...data, buffers } as unknown as Packed;
        // Other front ends show the same widget, and this one wants to know that it was heard.
        this.#comm.send({ method: "echo_update", state: packed.state, buffer_paths: packed.buffer_paths }, { buffers });
        const said = unpack(packed, (id) => open.get(id));
        const settled = this.#settle({ ...this.#state, ...said });
        return this.#change(settled, (changed) => {
          const corrected = Object.entries(changed).filter(([key, value]) => !Object.is(value, said[key]));
          if (corrected.length > 0) this.#update(Object.fromEntries(corrected));
        });
      }
      case "request_state":
        return this.#update({ ...identity(this.#front), ...this.#state });
      case "custom":
        for (const handler of this.#messages) await handler(data["content"], buffers);
        return;
      default:
        throw fault(
          "WIDGET_MESSAGE",
          `a front end sent the method ${JSON.stringify(data["method"])}.`,
          "update the front end.",
        );
    }
  }

  async #change(next: State, tell: (changed: State) => void): Promise<void> {
    const before = { ...this.#state };
    const changed = Object.entries(next).filter(([key, value]) => !Object.is(value, before[key]));
    if (changed.length === 0) return;
    Object.assign(this.#state, Object.fromEntries(changed));
    tell(Object.fromEntries(changed));
    for (const [key, value] of changed) {
      for (const handler of this.#changes.get(key) ?? []) await handler(value, before[key]);
    }
  }

  #update(changed: State): void {
    const { state, buffer_paths, buffers } = pack(changed, idOf);
    this.#comm.send({ method: "update", state, buffer_paths }, { buffers });
  }
}

/**
 * What a handler prints and throws belongs to the cell that set it up, not to the front end's message.
 * @returns a handler that never fails: an error stops neither the other handlers nor the message
 */
function inItsCell<A extends unknown[]>(handler: (...args: A) => unknown): (...args: A) => Promise<void> {
  return AsyncLocalStorage.bind(async (...args: A) => {
    try {
      await handler(...args);
    } catch (error) {
      // Nobody handles this one, so it is shown as the cell's.
      void Promise.reject(error);
    }
  });
}

function identity({ module, version, model, view, viewModule }: Front): State {
  return {
    _model_module: module,
    _model_module_version: version,
    _model_name: model,
    _view_module: viewModule ?? module,
    _view_module_version: version,
    _view_name: view,
  };
}

function commsOfKernel(): Comms {
  const comms = (globalThis as { [key: symbol]: unknown })[Symbol.for("blankslate.comms")] as Comms | undefined;
  if (comms) return comms;
  throw fault("NO_NOTEBOOK", "there is no notebook to show a widget in.", "make widgets in a cell, not in a script.");
}

/** A front end that opens the notebook later asks for every widget at once. */
function answerNewcomers(comms: Comms): void {
  if (controlled) return;
  controlled = true;
  comms.target(CONTROL_TARGET, (comm) => {
    comm.onMessage(({ data }) => {
      if (data["method"] !== "request_states") return;
      const all = Object.fromEntries([...open].map(([id, widget]) => [id, widget.describe()]));
      const { state: states, buffer_paths, buffers } = pack(all, idOf);
      comm.send({ method: "update_states", states, buffer_paths }, { buffers });
    });
  });
}
