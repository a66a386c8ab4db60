// Makes the engine's own kernels known to tfjs, by the names of ops/engine-kernel.ts.
import { registerGradients } from "../../ops/engine-kernel-gradients.ts";
import type { EngineKernels } from "../../ops/engine-kernel.ts";
import { WRITE_ROWS } from "../../ops/write-rows.ts";
import type { WriteRowsInputs } from "../../ops/write-rows.ts";
import * as tf from "../../tf.ts";
import type { WebgpuBackend } from "../backend.ts";
import { activate, activateGradient } from "./activation.ts";
import { ADAMW_BUFFERS, adamW } from "./adamw.ts";
import { attention, attentionGradient } from "./attention.ts";
import { cachedAttention } from "./cached-attention.ts";
import { columnSums } from "./column-sums.ts";
import { drawTokens } from "./draw-tokens.ts";
import { embeddingGradient } from "./embedding.ts";
import { batchMatMul, product, productActivate } from "./linear.ts";
import { rowNorm, rowNormGradient } from "./norm.ts";
import { rotate } from "./rotary.ts";
import { tokenLogProbs, tokenLogProbsGradient } from "./token-log-probs.ts";
import { writeRows } from "./write-rows.ts";

type Run<Inputs, Attrs> = (backend: WebgpuBackend, inputs: Inputs, attrs: Attrs) => readonly tf.TensorInfo[];

const KERNELS: {
  readonly [Name in keyof EngineKernels]?: Run<EngineKernels[Name]["inputs"], EngineKernels[Name]["attrs"]>;
} = {
  Product: product,
  ProductActivate: productActivate,
  ColumnSums: columnSums,
  RowNorm: rowNorm,
  RowNormGradient: rowNormGradient,
  Activate: activate,
  ActivateGradient: activateGradient,
  Rotate: rotate,
  Attention: attention,
  AttentionGradient: attentionGradient,
  CachedAttention: cachedAttention,
  TokenLogProbs: tokenLogProbs,
  TokenLogProbsGradient: tokenLogProbsGradient,
  DrawTokens: drawTokens,
  EmbeddingGradient: embeddingGradient,
  AdamW: adamW,
};

/** Call once, after tfjs's own kernels are registered. */
export function installKernels({ device }: WebgpuBackend): void {
  for (const [name, run] of Object.entries(KERNELS)) {
    if (name === "AdamW" && device.limits.maxStorageBuffersPerShaderStage < ADAMW_BUFFERS) continue;
    register(name, run as Run<unknown, unknown>);
  }
  const theirs = tf.getKernel("BatchMatMul", "webgpu");
  tf.unregisterKernel("BatchMatMul", "webgpu");
  tf.registerKernel({ ...theirs, kernelFunc: batchMatMul(theirs.kernelFunc) });
  registerGradients();
  register(WRITE_ROWS, (backend, inputs) => writeRows(backend, inputs as WriteRowsInputs));
}

function register(kernelName: string, run: Run<unknown, unknown>): void {
  const kernelFunc: tf.KernelFunc = ({ inputs, attrs, backend }) => {
    const results = run(backend as WebgpuBackend, inputs, attrs);
    return results.length === 1 ? (results[0] as tf.TensorInfo) : [...results];
  };
  tf.registerKernel({ kernelName, backendName: "webgpu", kernelFunc });
}
