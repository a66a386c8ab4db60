// What the native engine is made from: exact files of the Python package index, by name, version and SHA-256. Data only.
//
// libtensorflow is taken from the wheels: tfjs-node's own download is 2.9, which knows no current CUDA. The wheel for CPython 3.12 is taken whatever Python is
// here: no Python code of it is used, and so one checksum a platform is enough. Tried on linux-x64 (cuda too, without a GPU); on Windows wasm is the engine.
import { TENSORFLOW_VERSION } from "../../../lib/core/cache.ts";
import type { NativeFlavour } from "../../../lib/core/cache.ts";

export interface Wheel {
  readonly name: string;
  readonly version: string;
  readonly sha256: string;
  /** pip's platform tags, the file's own first. */
  readonly platforms: readonly string[];
  readonly megabytes: number;
}

const X64 = ["manylinux_2_27_x86_64", "manylinux2014_x86_64", "manylinux2010_x86_64"];
const tensorflow = (name: string, sha256: string, platforms: readonly string[], megabytes: number): Wheel => ({
  name,
  version: TENSORFLOW_VERSION,
  sha256,
  platforms,
  megabytes,
});
const nvidia = (name: string, version: string, sha256: string, megabytes: number): Wheel => ({
  name: `nvidia-${name}-cu12`,
  version,
  sha256,
  platforms: X64,
  megabytes,
});

const CPU: Readonly<Record<string, Wheel>> = {
  "linux-x64": tensorflow(
    "tensorflow-cpu",
    "dcc8afd32930e42d5296b6ee19078b773706830af4ea97fbe503b9f5e0f820cb",
    X64,
    274,
  ),
  "linux-arm64": tensorflow(
    "tensorflow",
    "b07d15737406533898e36c7ef7944b1be18e9028dc521b9229952c537bbc5552",
    ["manylinux_2_27_aarch64", "manylinux2014_aarch64"],
    282,
  ),
  "darwin-arm64": tensorflow(
    "tensorflow",
    "56ecd7d47429acbe1df2694d50b75bf9fc3995ac92cb367cd9af6c4780ead712",
    ["macosx_12_0_arm64"],
    223,
  ),
};

/** The versions that tensorflow[and-cuda] 2.21.0 resolves to; nvcc is left out, nothing here compiles for the GPU. */
const CUDA: Readonly<Record<string, readonly Wheel[]>> = {
  "linux-x64": [
    tensorflow("tensorflow", "b3b95643c4e70eb925839938fb35cbe142f317ec84af6844ee61513713bb13c0", X64, 573),
    nvidia("cublas", "12.9.3.13", "d7d51055f161b317c7105ddaae90e71eda059026074ffef93cf7cde2886bfe72", 581),
    nvidia("cuda-cupti", "12.8.90", "ea0cb07ebda26bb9b29ba82cda34849e73c166c18162d3913575b0c9db9a6182", 10),
    nvidia("cuda-nvrtc", "12.9.86", "210cf05005a447e29214e9ce50851e83fc5f4358df8b453155d5e1918094dcb4", 90),
    nvidia("cuda-runtime", "12.9.79", "25bba2dfb01d48a9b59ca474a1ac43c6ebf7011f1b0b8cc44f54eb6ac48a96c3", 4),
    nvidia("cudnn", "9.28.0.42", "9ff58b7f36dacd0a93e89f8f2957b52466889217963701daa15e577317cfa375", 717),
    nvidia("cufft", "11.4.1.4", "c67884f2a7d276b4b80eb56a79322a95df592ae5e765cf1243693365ccab4e28", 201),
    nvidia("curand", "10.3.10.19", "49b274db4780d421bd2ccd362e1415c13887c53c214f0d4b761752b8f9f6aa1e", 68),
    nvidia("cusolver", "11.7.5.82", "15da72d1340d29b5b3cf3fd100e3cd53421dde36002eda6ed93811af63c40d88", 338),
    nvidia("cusparse", "12.5.10.65", "73060ce019ac064a057267c585bf1fd5a353734151f87472ff02b2c5c9984e78", 366),
    nvidia("nccl", "2.32.3", "bb94b2348e4861d5e8aa00b36c3d12d9bdf9c6369b82cbb723de0b582280a21c", 352),
    nvidia("nvjitlink", "12.9.86", "e3f1171dbdc83c5932a45f0f4c99180a70de9bd2718c1ab77d14104f6d7147f9", 40),
  ],
};

/** @returns the files this flavour is made from on this platform, or undefined where none are published */
export function wheelsFor(
  flavour: NativeFlavour,
  platform = `${process.platform}-${process.arch}`,
): readonly Wheel[] | undefined {
  if (flavour === "cuda") return CUDA[platform];
  const wheel = CPU[platform];
  return wheel && [wheel];
}

/** Bytes on disk for a byte of wheel, measured for linux-x64. */
export const UNPACKED: Readonly<Record<NativeFlavour, number>> = { cpu: 3.1, cuda: 1.66 };
