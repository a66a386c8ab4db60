// Widgets with a front end of one's own, by anywidget's convention (anywidget.dev): a JavaScript module whose default export draws the
// widget, and state that both sides share. Shown where the reader's Jupyter has the Python package anywidget.
import { randomUUID } from "node:crypto";
import type { Control, LayoutState } from "./controls.ts";
import { partsOf } from "./controls.ts";
import { Widget } from "./widget.ts";

const FRONT = { module: "anywidget", version: "~0.11.*", model: "AnyModel", view: "AnyView" } as const;

export interface AnyOptions<S extends object> {
  /** The module: `export default { render({ model, el }) { … } }`. `model.get`, `model.set`, `model.save_changes` and `model.on("change:name", …)` reach the state. */
  readonly esm: string;
  readonly css?: string;
  /** JSON and bytes (typed arrays, at any depth). */
  readonly state?: S;
  readonly layout?: LayoutState;
}

/**
 * @returns the widget, with the state's names as properties
 * @throws NO_NOTEBOOK, WIDGET_NAME
 * @example
 * const esm = `export default { render({ model, el }) {
 *   const show = () => (el.textContent = model.get("count"));
 *   el.onclick = () => { model.set("count", model.get("count") + 1); model.save_changes(); };
 *   model.on("change:count", show); show();
 * } }`;
 * const counter = widget({ esm, state: { count: 0 } });
 * counter.on("count", (count) => console.log(count));
 * counter
 */
export function widget<S extends object = object>({ esm, css, state, layout }: AnyOptions<S>): Control<S> {
  const own = { _esm: esm, _anywidget_id: `blankslate.${randomUUID()}`, ...(css === undefined ? {} : { _css: css }) };
  const placed = layout ? { layout } : {};
  return new Widget(FRONT, { ...own, ...state, ...partsOf(placed, "") }) as unknown as Control<S>;
}
