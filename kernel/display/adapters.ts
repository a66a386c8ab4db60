// The adapters in the order they are asked. Each knows one kind of value by its shape (libraries come in several copies and cells
// live in another realm, so never by `instanceof`) and answers undefined for all others.
import type { MimeBundle } from "../../lib/core/host.ts";
import { frameBundleOf } from "./adapters/frame.ts";
import { duckdbBundleOf } from "./adapters/duckdb.ts";
import { echartsBundleOf } from "./adapters/echarts.ts";
import { examplesBundleOf } from "./adapters/examples.ts";
import { figureBundleOf } from "./adapters/figure.ts";
import { errorBundleOf } from "./adapters/error.ts";
import { imageBundleOf } from "./adapters/image.ts";
import { markupBundleOf } from "./adapters/markup.ts";
import { rowsBundleOf } from "./adapters/rows.ts";
import { tensorBundleOf } from "./adapters/tensor.ts";
import { vectorBundleOf } from "./adapters/vector.ts";
import { vegaBundleOf } from "./adapters/vega.ts";
import { vocabularyBundleOf } from "./adapters/vocabulary.ts";

export type Adapter = (value: object) => MimeBundle | undefined;

export const ADAPTERS: readonly Adapter[] = [
  frameBundleOf,
  tensorBundleOf,
  vectorBundleOf,
  figureBundleOf,
  vegaBundleOf,
  duckdbBundleOf,
  echartsBundleOf,
  imageBundleOf,
  markupBundleOf,
  errorBundleOf,
  rowsBundleOf,
  examplesBundleOf,
  vocabularyBundleOf,
];
