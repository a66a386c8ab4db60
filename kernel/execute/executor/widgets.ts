// `import { IntSlider, widget } from "blankslate/widgets"` in a cell: widgets that Jupyter's front ends draw.
export { type AnyOptions, widget } from "./widgets/any.ts";
export * from "./widgets/controls.ts";
export { Output } from "./widgets/output.ts";
export type { Widget } from "./widgets/widget.ts";
