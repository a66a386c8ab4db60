// Attention of one token for each row of a cache, which the token's keys and values are written into: a group for each row and head. Lanes take a slot each for the scores, then a
// column each for the mix of values; slots that the row has not reached are not read.
import type { HeadCounts } from "../../ops/attention.ts";
import type { EngineKernels } from "../../ops/engine-kernel.ts";
import type { TensorInfo } from "../../tf.ts";
import { forgetHostCopy } from "../backend.ts";
import type { WebgpuBackend } from "../backend.ts";
import { launch } from "../launch.ts";
import type { Shader } from "../launch.ts";

const LANES = 64;

const shaderOf = ({ heads, kvHeads, headWidth }: HeadCounts): Shader => ({
  name: `blankslate_cached_attention_${heads}_${kvHeads}_${headWidth}`,
  results: { y: "f32", keys: "f32", values: "f32" },
  inputs: { qkv: "f32", positions: "i32" },
  scalars: { S: "i32", window: "i32" },
  lanes: LANES,
  declarations: `
    const HEADS = ${heads};
    const KV_HEADS = ${kvHeads};
    const HEAD = ${headWidth};
    /** Columns that one lane mixes. */
    const EACH = (HEAD + LANES - 1) / LANES;
    var<workgroup> shares : array<f32, LANES>;`,
  body: `
    let row = group / HEADS;
    let head = group % HEADS;
    let kvHead = head / (HEADS / KV_HEADS);
    let query = (row * (HEADS + 2 * KV_HEADS) + head) * HEAD;
    let newKey = (row * (HEADS + 2 * KV_HEADS) + HEADS + kvHead) * HEAD;
    let newValue = newKey + KV_HEADS * HEAD;
    let table = (row * KV_HEADS + kvHead) * scalars.S * HEAD;
    let position = positions[row];
    if (head % (HEADS / KV_HEADS) == 0) {
      // Nobody reads this slot now: each head has its own copy in qkv.
      for (var c = lane; c < HEAD; c += LANES) {
        keys[table + position * HEAD + c] = qkv[newKey + c];
        values[table + position * HEAD + c] = qkv[newValue + c];
      }
    }
    var mixed : array<f32, EACH>;
    var highest = -3.0e38;
    var total = 0.0;
    for (var tile = max(0, position + 1 - scalars.window); tile <= position; tile += LANES) {
      let slot = tile + lane;
      var score = -3.0e38;
      if (slot < position) {
        score = 0.0;
        for (var c = 0; c < HEAD; c += 1) { score += qkv[query + c] * keys[table + slot * HEAD + c]; }
      } else if (slot == position) {
        score = 0.0;
        for (var c = 0; c < HEAD; c += 1) { score += qkv[query + c] * qkv[newKey + c]; }
      }
      let now = max(highest, maxAll(lane, score));
      let shrink = exp(highest - now);
      highest = now;
      let share = select(0.0, exp(score - now), slot <= position);
      total = total * shrink + sumAll(lane, share);
      shares[lane] = share;
      workgroupBarrier();
      let count = min(LANES, position + 1 - tile);
      for (var i = 0; i < EACH; i += 1) {
        let c = lane + i * LANES;
        if (c < HEAD) {
          var sum = mixed[i] * shrink;
          for (var j = 0; j < count; j += 1) {
            if (tile + j < position) { sum += shares[j] * values[table + (tile + j) * HEAD + c]; }
            else { sum += shares[j] * qkv[newValue + c]; }
          }
          mixed[i] = sum;
        }
      }
      // maxAll of the next tile begins with a barrier: nobody overwrites a share that is still read.
    }
    for (var i = 0; i < EACH; i += 1) {
      let c = lane + i * LANES;
      if (c < HEAD) { y[(row * HEADS + head) * HEAD + c] = mixed[i] / total; }
    }`,
});

export function cachedAttention(
  backend: WebgpuBackend,
  { qkv, keys, values, positions }: EngineKernels["CachedAttention"]["inputs"],
  { window, ...counts }: EngineKernels["CachedAttention"]["attrs"],
): readonly TensorInfo[] {
  const [R, , S] = keys.shape as [number, number, number];
  const y = backend.makeTensorInfo([R, counts.heads * counts.headWidth], "float32");
  launch(backend, shaderOf(counts), {
    results: [y, keys, values],
    inputs: [qkv, positions],
    scalars: [S, window ?? S],
    groups: R * counts.heads,
  });
  for (const table of [keys, values]) {
    forgetHostCopy(backend, table);
    backend.incRef(table.dataId);
  }
  return [y, keys, values].map(({ dataId, shape, dtype }) => ({ dataId, shape, dtype }));
}
