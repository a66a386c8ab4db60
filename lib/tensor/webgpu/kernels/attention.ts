// Causal attention without a matrix of scores: each invocation keeps one query and goes through the keys, tile by tile in workgroup memory, with a running softmax. The way back knows
// each query's highest score and one over its total, and computes its shares again: once for the queries, once for keys and values. (Not their one sum, highest + log(total): at scores
// of 1e8 the logarithm is lost in it.) All read and write query|key|value side by side, where they lie.
// Source: Dao et al. 2022 (FlashAttention), Dao 2023. Differs from it in: a query is one invocation's, not a tile of a matrix product's; scores and sums are float32.
import type { HeadCounts } from "../../ops/attention.ts";
import type { EngineKernels } from "../../ops/engine-kernel.ts";
import * as tf from "../../tf.ts";
import type { TensorInfo } from "../../tf.ts";
import type { WebgpuBackend } from "../backend.ts";
import { launch } from "../launch.ts";
import type { Element, Shader } from "../launch.ts";

/** Queries, or keys, of one group. */
const LANES = 64;
/** Of 16 KiB, what every device has: two tiles of keys and values (or queries and gradients), and room for the reductions. */
const TILE_BYTES = 14 * 1024;

/** How a head lies in a buffer: as PARTS pieces of four numbers where its width allows. */
function layoutOf(headWidth: number) {
  const four = headWidth % 4 === 0;
  const tile = Math.min(32, 2 ** Math.floor(Math.log2(TILE_BYTES / (8 * headWidth))));
  const element: Element = four ? "vec4<f32>" : "f32";
  const declarations = `
    const HEAD = ${headWidth};
    const PARTS = ${four ? headWidth / 4 : headWidth};
    const TILE = ${tile};
    alias Piece = ${element};
    fn inner(a : Piece, b : Piece) -> f32 { return ${four ? "dot(a, b)" : "a * b"}; }
    var<workgroup> first : array<Piece, TILE * PARTS>;
    var<workgroup> second : array<Piece, TILE * PARTS>;
    /** Not above 1, should a compiler round a score otherwise here than on the way there. */
    fn shareOf(score : f32, total : vec2<f32>) -> f32 { return exp(min(score - total.x, 0.0)) * total.y; }
    fn columns() -> i32 { return (scalars.heads + 2 * scalars.kvHeads) * PARTS; }`;
  return { element, declarations };
}

const SCALARS = { T: "i32", heads: "i32", kvHeads: "i32", maskStep: "i32" } as const;

const LOAD_KEYS = `
  workgroupBarrier();
  for (var i = lane; i < TILE * PARTS; i += LANES) {
    let place = sequence + min(tile + i / PARTS, scalars.T - 1) * columns() + i % PARTS;
    first[i] = qkv[place + (scalars.heads + kvHead) * PARTS];
    second[i] = qkv[place + (scalars.heads + scalars.kvHeads + kvHead) * PARTS];
  }
  workgroupBarrier();`;

/** Which query of which head an invocation has. The last key that a query of the group may see bounds the loop. */
const WHICH_QUERY = `
  let blocks = (scalars.T + LANES - 1) / LANES;
  let block = group % blocks;
  let head = group / blocks % scalars.heads;
  let b = group / blocks / scalars.heads;
  let kvHead = head / (scalars.heads / scalars.kvHeads);
  let t = block * LANES + lane;
  let live = t < scalars.T;
  let row = min(t, scalars.T - 1);
  let sequence = b * scalars.T * columns();
  let hidden = b * scalars.maskStep + row * scalars.T;
  let last = min(scalars.T, (block + 1) * LANES);
  var query : array<Piece, PARTS>;
  for (var c = 0; c < PARTS; c += 1) { query[c] = qkv[sequence + row * columns() + head * PARTS + c]; }`;

const SCORE = `
  var score = mask[hidden + tile + j];
  for (var c = 0; c < PARTS; c += 1) { score += inner(query[c], first[j * PARTS + c]); }`;

function forward(headWidth: number): Shader {
  const { element, declarations } = layoutOf(headWidth);
  return {
    name: `blankslate_attention_${headWidth}`,
    results: { y: element, totals: "vec2<f32>" },
    inputs: { qkv: element, mask: "f32" },
    scalars: SCALARS,
    lanes: LANES,
    declarations,
    body: `
      ${WHICH_QUERY}
      var mixed : array<Piece, PARTS>;
      var highest = -3.0e38;
      var total = 0.0;
      for (var tile = 0; tile < last; tile += TILE) {
        ${LOAD_KEYS}
        for (var j = 0; j < TILE && tile + j <= row; j += 1) {
          ${SCORE}
          if (score > highest) {
            let shrink = exp(highest - score);
            total *= shrink;
            for (var c = 0; c < PARTS; c += 1) { mixed[c] *= shrink; }
            highest = score;
          }
          let share = exp(score - highest);
          total += share;
          for (var c = 0; c < PARTS; c += 1) { mixed[c] += share * second[j * PARTS + c]; }
        }
      }
      if (live) {
        let place = ((b * scalars.T + t) * scalars.heads + head) * PARTS;
        for (var c = 0; c < PARTS; c += 1) { y[place + c] = mixed[c] / total; }
        totals[(b * scalars.heads + head) * scalars.T + t] = vec2<f32>(highest, 1.0 / total);
      }`,
  };
}

/** What queries get; `dots` of each query, sum(dy * y), are what the other half needs. */
function backToQueries(headWidth: number): Shader {
  const { element, declarations } = layoutOf(headWidth);
  return {
    name: `blankslate_attention_queries_${headWidth}`,
    results: { dQkv: element, dots: "f32" },
    inputs: { qkv: element, mask: "f32", y: element, totals: "vec2<f32>", dy: element },
    scalars: SCALARS,
    lanes: LANES,
    declarations,
    body: `
      ${WHICH_QUERY}
      var slope : array<Piece, PARTS>;
      var dQuery : array<Piece, PARTS>;
      var along = 0.0;
      for (var c = 0; c < PARTS; c += 1) {
        let place = ((b * scalars.T + row) * scalars.heads + head) * PARTS + c;
        slope[c] = dy[place];
        along += inner(slope[c], y[place]);
      }
      let number = (b * scalars.heads + head) * scalars.T + row;
      let highest = totals[number];
      for (var tile = 0; tile < last; tile += TILE) {
        ${LOAD_KEYS}
        for (var j = 0; j < TILE && tile + j <= row; j += 1) {
          ${SCORE}
          var dShare = -along;
          for (var c = 0; c < PARTS; c += 1) { dShare += inner(slope[c], second[j * PARTS + c]); }
          let dScore = shareOf(score, highest) * dShare;
          for (var c = 0; c < PARTS; c += 1) { dQuery[c] += dScore * first[j * PARTS + c]; }
        }
      }
      if (live) {
        for (var c = 0; c < PARTS; c += 1) { dQkv[sequence + t * columns() + head * PARTS + c] = dQuery[c]; }
        dots[number] = along;
      }`,
  };
}

/** What keys and values get, from the queries at and after them of every head that shares them. */
function backToKeys(headWidth: number): Shader {
  const { element, declarations } = layoutOf(headWidth);
  return {
    name: `blankslate_attention_keys_${headWidth}`,
    results: { dQkv: element },
    inputs: { qkv: element, mask: "f32", totals: "vec2<f32>", dots: "f32", dy: element },
    scalars: SCALARS,
    lanes: LANES,
    declarations,
    body: `
      let blocks = (scalars.T + LANES - 1) / LANES;
      let block = group % blocks;
      let kvHead = group / blocks % scalars.kvHeads;
      let b = group / blocks / scalars.kvHeads;
      let t = block * LANES + lane;
      let row = min(t, scalars.T - 1);
      let sequence = b * scalars.T * columns();
      let place = sequence + row * columns() + (scalars.heads + kvHead) * PARTS;
      let step = scalars.kvHeads * PARTS;
      var key : array<Piece, PARTS>;
      var value : array<Piece, PARTS>;
      var dKey : array<Piece, PARTS>;
      var dValue : array<Piece, PARTS>;
      for (var c = 0; c < PARTS; c += 1) {
        key[c] = qkv[place + c];
        value[c] = qkv[place + step + c];
      }
      let sharing = scalars.heads / scalars.kvHeads;
      for (var head = kvHead * sharing; head < (kvHead + 1) * sharing; head += 1) {
        let numbers = (b * scalars.heads + head) * scalars.T;
        for (var tile = block * LANES; tile < scalars.T; tile += TILE) {
          workgroupBarrier();
          for (var i = lane; i < TILE * PARTS; i += LANES) {
            let query = min(tile + i / PARTS, scalars.T - 1);
            first[i] = qkv[sequence + query * columns() + head * PARTS + i % PARTS];
            second[i] = dy[((b * scalars.T + query) * scalars.heads + head) * PARTS + i % PARTS];
          }
          workgroupBarrier();
          for (var j = max(0, row - tile); j < TILE && tile + j < scalars.T; j += 1) {
            var score = mask[b * scalars.maskStep + (tile + j) * scalars.T + row];
            var dShare = -dots[numbers + tile + j];
            for (var c = 0; c < PARTS; c += 1) {
              score += inner(first[j * PARTS + c], key[c]);
              dShare += inner(second[j * PARTS + c], value[c]);
            }
            let share = shareOf(score, totals[numbers + tile + j]);
            for (var c = 0; c < PARTS; c += 1) {
              dKey[c] += share * dShare * first[j * PARTS + c];
              dValue[c] += share * second[j * PARTS + c];
            }
          }
        }
      }
      if (t < scalars.T) {
        for (var c = 0; c < PARTS; c += 1) {
          dQkv[place + c] = dKey[c];
          dQkv[place + step + c] = dValue[c];
        }
      }`,
  };
}

/** Sizes of both passes. A mask holds the rows of every head that shares keys; one head's are enough. */
function sizesOf(qkv: TensorInfo, mask: TensorInfo, { heads, kvHeads }: HeadCounts) {
  const [B, T] = qkv.shape as [number, number];
  const maskStep = mask.shape.length > 2 && mask.shape[0] !== 1 ? tf.util.sizeFromShape([...mask.shape]) / B : 0;
  return { B, T, scalars: [T, heads, kvHeads, maskStep], blocks: B * Math.ceil(T / LANES) };
}

export function attention(
  backend: WebgpuBackend,
  { qkv, mask }: EngineKernels["Attention"]["inputs"],
  counts: HeadCounts,
): readonly TensorInfo[] {
  const { heads, headWidth } = counts;
  const { B, T, scalars, blocks } = sizesOf(qkv, mask, counts);
  const results = [
    backend.makeTensorInfo([B * T, heads * headWidth], "float32"),
    backend.makeTensorInfo([B, heads, T, 2], "float32"),
  ];
  launch(backend, forward(headWidth), { results, inputs: [qkv, mask], scalars, groups: blocks * heads });
  return results;
}

export function attentionGradient(
  backend: WebgpuBackend,
  { qkv, mask, y, totals, dy }: EngineKernels["AttentionGradient"]["inputs"],
  counts: HeadCounts,
): readonly TensorInfo[] {
  const { heads, kvHeads, headWidth } = counts;
  const { B, T, scalars, blocks } = sizesOf(qkv, mask, counts);
  const dQkv = backend.makeTensorInfo(qkv.shape, "float32");
  const dots = backend.makeTensorInfo([B, heads, T], "float32");
  launch(backend, backToQueries(headWidth), {
    results: [dQkv, dots],
    inputs: [qkv, mask, y, totals, dy],
    scalars,
    groups: blocks * heads,
  });
  launch(backend, backToKeys(headWidth), {
    results: [dQkv],
    inputs: [qkv, mask, totals, dots, dy],
    scalars,
    groups: blocks * kvHeads,
  });
  backend.disposeData(dots.dataId);
  return [dQkv];
}
