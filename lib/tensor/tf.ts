// The tensor API: TensorFlow.js, one instance for the laboratory, for cells and for danfo's frames.
//
// The union package, not tfjs-core alone: core's Node bundle registers neither gradients nor chained operations (`x.add(y)`); the union does,
// into the same core. Tensors made before an engine has started live on tfjs's plain JavaScript backend and move over when they are first used.
import { enableProdMode } from "@tensorflow/tfjs";

// Development mode prints a banner that recommends a package which cannot be installed.
enableProdMode();

export * from "@tensorflow/tfjs";
