// A file losses_seed*.json: what stands in it, and how it is read. Its reference numbers were made with PyTorch and cross-checked with TRL and verl.
import { readFileSync } from "node:fs";

export interface Numbers {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}
export interface PolicyCase {
  readonly name: string;
  readonly advantage: string;
  readonly aggregation: string;
  readonly clip_low: number;
  readonly clip_high: number;
  readonly beta_k3: number;
  readonly ratio_level: string;
  /** What a fixed length divides by. */
  readonly max_completion_length?: number | null;
  readonly old_is_new?: boolean;
  readonly loss: number;
  readonly grad_logp_new: Numbers;
  readonly stats: { readonly clip_fraction_low?: number; readonly clip_fraction_high?: number };
}
export interface Losses {
  readonly seed: number;
  readonly inputs: Readonly<Record<string, Numbers>> & { readonly G: number; readonly N: number; readonly T: number };
  readonly advantages: Readonly<Record<string, Numbers>>;
  readonly policy_losses: readonly PolicyCase[];
  readonly two_micro_batches_of_half: {
    readonly split_rows: readonly number[];
    readonly clip_low: number;
    readonly clip_high: number;
    readonly advantage: string;
    readonly token_sum_over_global_token_count: { readonly loss: number; readonly grad_logp_new: Numbers };
  };
  readonly rloo_sequence: {
    readonly kl_coef: number;
    readonly penalised_rewards: Numbers;
    readonly advantages: Numbers;
  };
  readonly kl_estimators: Readonly<
    Record<"k1" | "k2" | "k3", { readonly per_token: Numbers; readonly grad_logp_new_of_mean: Numbers }>
  >;
  readonly exact_kl: {
    readonly "reverse_KL(new||ref)": { readonly per_token: Numbers; readonly grad_logits_new: Numbers };
    readonly entropy_new: { readonly per_token: Numbers };
  };
  readonly cispo: {
    readonly advantage: string;
    readonly ratio_max: number;
    readonly loss: number;
    readonly grad_logp_new: Numbers;
  };
  readonly ppo: readonly PpoCase[];
  readonly reinforce_pp: {
    readonly kl_coef: number;
    readonly token_rewards: Numbers;
    readonly "gamma_1.0": { readonly returns: Numbers; readonly "whitened_biased_var_floor1e-8": Numbers };
    readonly "gamma_0.95": { readonly returns: Numbers; readonly "whitened_biased_var_floor1e-8": Numbers };
  };
  readonly dpo: {
    readonly inputs: Readonly<Record<"input_ids" | "completion_mask" | "policy_logits", Numbers>>;
    readonly ref_sequence_logps: Numbers;
    readonly cases: readonly PreferenceCase[];
  };
  readonly cross_entropy: {
    readonly inputs: {
      readonly logits: Numbers;
      readonly labels_already_aligned: Numbers;
      readonly ignore_index: number;
    };
    readonly cases: readonly CrossEntropyCase[];
  };
}
export interface CrossEntropyCase {
  readonly label_smoothing: number;
  readonly reduction: string;
  readonly z_loss_coef?: number;
  readonly token_weights?: Numbers;
  readonly loss: number;
  readonly grad_logits: Numbers;
}
interface PpoCase {
  readonly gamma: number;
  readonly lambda: number;
  readonly kl_estimator: string;
  readonly kl_coef: number;
  readonly clip: number;
  readonly value_coef: number;
  readonly token_rewards: Numbers;
  readonly gae: Numbers;
  readonly returns: Numbers;
  readonly whitened_advantages: Numbers;
  readonly stats: Readonly<
    Record<"policy_loss" | "value_loss" | "policy_clip_fraction" | "value_clip_fraction", number>
  >;
  readonly grad_logp_new: Numbers;
  readonly grad_values_new: Numbers;
}
export interface PreferenceCase {
  readonly loss_type: string;
  readonly beta: number;
  readonly label_smoothing: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly grad_policy_logits: Numbers;
}

export const readLosses = (file: string) => JSON.parse(readFileSync(file, "utf8")) as Losses;

export const data = ({ inputs }: Losses, name: string) => (inputs[name] as Numbers).data;

/** Completion tokens per row. */
export function counted(losses: Losses, mask: string): Int32Array {
  const { N, T } = losses.inputs;
  const sum = (row: readonly number[]) => row.reduce((total, m) => total + m, 0);
  return Int32Array.from({ length: N }, (_, r) => sum(data(losses, mask).slice(r * T, (r + 1) * T)));
}

/** Whether every row's mask is a run from its start, as completions of ours are. */
export const isPrefixMask = (losses: Losses) => data(losses, "mask").join() === data(losses, "prefix_mask").join();
