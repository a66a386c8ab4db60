// The gradient of a table of embeddings: a group for each row of the table goes through the ids, 64 at a time, and adds up what came from it, in the order of the ids. So it is the
// same in every run, which scatters with atomic additions are not, and no table of zeros is filled first.
import type { EngineKernels } from "../../ops/engine-kernel.ts";
import type { TensorInfo } from "../../tf.ts";
import type { WebgpuBackend } from "../backend.ts";
import { launch } from "../launch.ts";
import type { Shader } from "../launch.ts";

const LANES = 64;

const SHADER: Shader = {
  name: "blankslate_embedding_back",
  results: { dTable: "f32" },
  inputs: { ids: "i32", dy: "f32" },
  scalars: { count: "i32", width: "i32" },
  lanes: LANES,
  declarations: "var<workgroup> found : array<atomic<u32>, 2>;",
  body: `
    let width = scalars.width;
    for (var c = lane; c < width; c += LANES) { dTable[group * width + c] = 0.0; }
    for (var start = 0; start < scalars.count; start += LANES) {
      if (lane < 2) { atomicStore(&found[lane], 0u); }
      workgroupBarrier();
      if (start + lane < scalars.count) {
        if (ids[start + lane] == group) { atomicOr(&found[lane / 32], 1u << u32(lane % 32)); }
      }
      workgroupBarrier();
      for (var word = 0; word < 2; word += 1) {
        var bits = atomicLoad(&found[word]);
        while (bits != 0u) {
          let row = start + 32 * word + i32(firstTrailingBit(bits));
          for (var c = lane; c < width; c += LANES) { dTable[group * width + c] += dy[row * width + c]; }
          bits &= bits - 1u;
        }
      }
      workgroupBarrier();
    }`,
};

export function embeddingGradient(
  backend: WebgpuBackend,
  { ids, dy }: EngineKernels["EmbeddingGradient"]["inputs"],
  { rows }: EngineKernels["EmbeddingGradient"]["attrs"],
): readonly TensorInfo[] {
  const [count, width] = dy.shape as [number, number];
  const dTable = backend.makeTensorInfo([rows, width], "float32");
  launch(backend, SHADER, { results: [dTable], inputs: [ids, dy], scalars: [count, width], groups: rows });
  return [dTable];
}
