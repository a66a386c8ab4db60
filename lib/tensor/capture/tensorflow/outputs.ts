// What TensorFlow calls the outputs of its operations (op_def.proto): inside a function a value is named by its node, its output and its place in it. These are the operations that
// tfjs-node's kernels and ours call; a recorded step of others is not replayed.

/** By the name of the one output. */
const ONE: Readonly<Record<string, string>> = {
  output: `All Any ArgMax ArgMin AvgPool AvgPool3D AvgPool3DGrad AvgPoolGrad BatchMatMulV2 BatchToSpaceND BiasAdd ConcatV2 Conv2D Conv2DBackpropFilter Conv2DBackpropInput Conv3D
    Conv3DBackpropFilterV2 Conv3DBackpropInputV2 DepthToSpace DepthwiseConv2dNative DepthwiseConv2dNativeBackpropFilter DepthwiseConv2dNativeBackpropInput Diag Dilation2D Einsum
    ExpandDims FFT Fill GatherNd GatherV2 IFFT Identity Imag LRN LRNGrad LinSpace Max MaxPool MaxPool3D MaxPool3DGrad MaxPoolGrad Mean Min MirrorPad OneHot Pack PadV2 Prod Range Real
    Reshape ResizeBilinearGrad ResizeNearestNeighborGrad ReverseV2 ScatterNd Select Slice SpaceToBatchND StridedSlice Sum TensorScatterUpdate Tile UnsortedSegmentSum
    _MklBatchMatMulV2`,
  y: `Abs Acos Acosh Asin Asinh Atan Atanh Cast Ceil ComplexAbs Cos Cosh Erf Exp Expm1 Floor InplaceUpdate IsFinite IsInf IsNan Log Log1p LogicalNot Neg OnesLike Reciprocal Round Rsqrt
    Sigmoid Sign Sin Sinh Sqrt Square Tan Tanh Transpose ZerosLike`,
  z: `Add AddV2 Atan2 Div DivNoNan Equal FloorDiv FloorMod Greater GreaterEqual Less LessEqual LogicalAnd LogicalOr Maximum Minimum Mul NotEqual Pow RealDiv SquaredDifference Sub`,
  activations: "Elu LeakyRelu Relu Relu6 Selu Softplus",
  out: "Complex Cumprod Cumsum",
  resized_images: "ResizeBilinear ResizeNearestNeighbor",
  product: "MatMul _MklMatMul",
  sum: "AddN",
  softmax: "Softmax",
  bins: "Bincount",
  r0: "BroadcastArgs",
  crops: "CropAndResize",
  filter_backprop: "Dilation2DBackpropFilter",
  in_backprop: "Dilation2DBackpropInput",
  backprops: "EluGrad",
  dense: "SparseToDense",
  index: "Where",
};

/** As many outputs as are asked for, all under one name. */
const MANY: Readonly<Record<string, string>> = { output: "Split SplitV Unpack" };

const SEVERAL: Readonly<Record<string, readonly string[]>> = {
  FusedBatchNorm: ["y", "batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2"],
  TopKV2: ["values", "indices"],
  UniqueV2: ["y", "idx"],
};

const byOperation = (table: Readonly<Record<string, string>>): ReadonlyMap<string, string> =>
  new Map(
    Object.entries(table).flatMap(([output, names]) => names.split(/\s+/).map((name) => [name, output] as const)),
  );
const [one, many] = [byOperation(ONE), byOperation(MANY)];

/**
 * @returns "output:number" of each, or undefined for an operation that is not known
 * @example outputsOf("TopKV2", 2) // ["values:0", "indices:0"]
 */
export function outputsOf(operation: string, count: number): readonly string[] | undefined {
  const single = one.get(operation);
  if (single) return [`${single}:0`];
  const shared = many.get(operation);
  if (shared) return Array.from({ length: count }, (_, i) => `${shared}:${i}`);
  return SEVERAL[operation]?.map((name) => `${name}:0`);
}
