// ipywidgets' controls, under its names for them and for their properties: one line of the table for each. The front end brings
// their looks; here are only their properties with their defaults.
import type { State } from "./buffers.ts";
import { type Front, Widget } from "./widget.ts";

const CONTROLS = { module: "@jupyter-widgets/controls", version: "2.0.0" } as const;
const BASE = { module: "@jupyter-widgets/base", version: "2.0.0" } as const;

/** CSS of a widget's place: `width: "50%"`, `flex: "1"`, `max_height: "20em"`, … */
export type LayoutState = Readonly<Record<string, string | null>>;
/** `description_width`, `handle_color`, `bar_color`, `button_color`, … */
export type StyleState = Readonly<Record<string, string | null>>;

interface Placed {
  /** A tooltip, shown while the pointer rests on it. */
  tooltip: string | null;
  layout: LayoutState | null;
  style: StyleState | null;
}
interface Described extends Placed {
  /** The text before it. */
  description: string;
}
interface Editable extends Described {
  disabled: boolean;
}
interface Bounded {
  value: number;
  min: number;
  max: number;
}
type Orientation = "horizontal" | "vertical";
type Emphasis = "" | "success" | "info" | "warning" | "danger";

export interface SliderState extends Editable, Bounded {
  step: number;
  orientation: Orientation;
  /** Whether it shows its value. */
  readout: boolean;
  /** d3-format. */
  readout_format: string;
  /** Whether changes come while it is dragged. */
  continuous_update: boolean;
}
export interface ProgressState extends Described, Bounded {
  bar_style: Emphasis;
  orientation: Orientation;
}
export interface ButtonState extends Placed {
  description: string;
  disabled: boolean;
  button_style: Emphasis | "primary";
  /** A Font Awesome name: "play". */
  icon: string;
}
export interface CheckboxState extends Editable {
  value: boolean;
  indent: boolean;
}
export interface DropdownState extends Editable {
  /** What can be chosen. */
  options: readonly string[];
  /** The chosen one's position; null for none. Set this to choose. */
  index: number | null;
  /** The chosen one. */
  readonly value: string | null;
}
export interface TextState extends Editable {
  value: string;
  placeholder: string;
  continuous_update: boolean;
}
export interface NumberState extends Editable {
  value: number;
  step: number | null;
  continuous_update: boolean;
}
export interface LabelState extends Described {
  value: string;
}
export interface BoxState extends Placed {
  children: readonly Widget[];
  box_style: Emphasis;
}

const placed = { tooltip: null, layout: null, style: null };
const described = { ...placed, description: "" };
const editable = { ...described, disabled: false };
const bounded = { value: 0, min: 0, max: 100 };
const slider = {
  step: 1,
  orientation: "horizontal",
  readout: true,
  readout_format: "d",
  continuous_update: true,
} as const;
const progress = { ...described, ...bounded, bar_style: "", orientation: "horizontal" } as const;
const text = { ...editable, value: "", placeholder: "", continuous_update: true };
const number = { ...editable, value: 0, step: null, continuous_update: false };
const box = { ...placed, children: [], box_style: "" } as const;

/** As ipywidgets does: a value beyond its bounds is the bound. */
function within(state: State): State {
  const { value, min, max } = state as unknown as Bounded;
  return { ...state, value: Math.min(Math.max(value, min), max) };
}

/** The front end knows choices by their labels' list and the chosen one's position. */
function choosing(state: State): State {
  const { options, index } = state as unknown as DropdownState;
  return { ...state, _options_labels: options, value: index === null ? null : (options[index] ?? null) };
}

export type Control<S extends object> = Widget<S> & S;
type Make<S extends object> = new (state?: Partial<S>) => Control<S>;
interface Looks {
  readonly view?: string;
  readonly style?: string;
  readonly settle?: (state: State) => State;
}

function control<S extends object>(
  name: string,
  defaults: S,
  { view = `${name}View`, style, settle }: Looks = {},
): Make<S> {
  const front: Front = { ...CONTROLS, model: `${name}Model`, view };
  const made = class extends Widget<S> {
    constructor(state: Partial<S> = {}) {
      super(front, { ...defaults, ...partsOf(state, `${style ?? name}StyleModel`) }, settle);
    }
  };
  return made as unknown as Make<S>;
}

/** Layout and style are widgets of their own; front ends have defaults where nothing is said. */
export function partsOf(state: State, styleModel: string): State {
  const { layout, style } = state;
  const part = (said: unknown, front: Front) => (said instanceof Widget ? said : new Widget(front, said as State));
  return {
    ...state,
    ...(layout ? { layout: part(layout, { ...BASE, model: "LayoutModel", view: "LayoutView" }) } : {}),
    ...(style
      ? { style: part(style, { ...CONTROLS, model: styleModel, view: "StyleView", viewModule: BASE.module }) }
      : {}),
  };
}

const sliding: Looks = { style: "Slider", settle: within };
export const IntSlider = control<SliderState>("IntSlider", { ...editable, ...bounded, ...slider }, sliding);
export const FloatSlider = control<SliderState>(
  "FloatSlider",
  { ...editable, ...bounded, ...slider, step: 0.1, readout_format: ".2f" },
  sliding,
);
const progressing: Looks = { view: "ProgressView", style: "Progress", settle: within };
export const IntProgress = control<ProgressState>("IntProgress", progress, progressing);
export const FloatProgress = control<ProgressState>("FloatProgress", progress, progressing);
export const Checkbox = control<CheckboxState>("Checkbox", { ...editable, value: false, indent: true });
export const Dropdown = control<DropdownState>(
  "Dropdown",
  { ...editable, options: [], index: null, value: null },
  { style: "Description", settle: choosing },
);
export const Text = control<TextState>("Text", text);
export const Textarea = control<TextState>("Textarea", text, { style: "Text" });
export const IntText = control<NumberState>("IntText", { ...number, step: 1 }, { style: "Description" });
export const FloatText = control<NumberState>("FloatText", number, { style: "Description" });
export const Label = control<LabelState>("Label", { ...described, value: "" });
/** Shows markup as it is: make it with the `html` tag, which escapes what stands in its holes. */
export const HTML = control<LabelState>("HTML", { ...described, value: "" });
export const HBox = control<BoxState>("HBox", box);
export const VBox = control<BoxState>("VBox", box);

/** A click is a message: `button.onMessage(() => console.log("clicked"))`. */
export const Button = control<ButtonState>("Button", {
  ...placed,
  description: "",
  disabled: false,
  button_style: "",
  icon: "",
});
