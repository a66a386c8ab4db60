// A small WebAssembly assembler: enough to write numeric kernels in TypeScript and have them as a module at start-up, without a build step or a binary in the repository.
//
// An expression is a Code: the bytes that leave its value on the stack. A Func collects statements. Only what the kernels use exists: i32 addresses, f32, v128, loops and
// conditionals. The module owns nothing: its one memory is imported, so that kernels work in place on the engine's tensors.

export type Code = readonly number[];
export type ValueType = typeof I32 | typeof F32 | typeof V128;
export const I32 = 0x7f;
export const F32 = 0x7d;
export const V128 = 0x7b;
const VOID = 0x40;

const unsigned = (value: number): number[] => {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest & 127) | 128);
  }
};
const signed = (value: number): number[] => {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7) {
    if (rest >= -64 && rest < 64) return [...bytes, rest & 127];
    bytes.push((rest & 127) | 128);
  }
};
const simd = (opcode: number): number[] => [0xfd, ...unsigned(opcode)];
const operator =
  (...opcode: number[]) =>
  (...operands: Code[]): Code => [...operands.flat(), ...opcode];
const access =
  (opcode: number[], alignment: number) =>
  (address: Code, offset = 0): Code => [...address, ...opcode, alignment, ...unsigned(offset)];

export const i32 = (value: number): Code => [0x41, ...signed(value)];
export const f32 = (value: number): Code => [0x43, ...new Uint8Array(new Float32Array([value]).buffer)];
export const add = operator(0x6a);
export const sub = operator(0x6b);
export const mul = operator(0x6c);
export const shl = (value: Code, bits: number): Code => [...value, ...i32(bits), 0x74];
export const less = operator(0x48);
export const lessUnsigned = operator(0x49);
export const equal = operator(0x46);
/** The smaller of two signed integers; both are evaluated twice, so give locals or constants. */
export const least = (a: Code, b: Code): Code => [...a, ...b, ...less(a, b), 0x1b];
export const loadByte = access([0x2d], 0);
export const loadI32 = access([0x28], 2);
export const loadF32 = access([0x2a], 2);
export const loadV128 = access(simd(0), 2);
export const loadSplat = access(simd(9), 2);
export const addF32 = operator(0x92);
export const addV128 = operator(...simd(0xe4));
export const zeroV128: Code = [...simd(12), ...Array<number>(16).fill(0)];
export const convertToF32 = operator(0xb2);
/** Towards zero; what does not fit becomes the nearest that does, NaN becomes 0. */
export const truncateToI32 = operator(0xfc, 0);
export const notEqualF32 = operator(0x5c);
export const storeI32 = (address: Code, value: Code, offset = 0): Code => [
  ...address,
  ...value,
  0x36,
  2,
  ...unsigned(offset),
];
export const storeByte = (address: Code, value: Code, offset = 0): Code => [
  ...address,
  ...value,
  0x3a,
  0,
  ...unsigned(offset),
];
export const storeF32 = (address: Code, value: Code, offset = 0): Code => [
  ...address,
  ...value,
  0x38,
  2,
  ...unsigned(offset),
];
export const storeV128 = (address: Code, value: Code, offset = 0): Code => [
  ...address,
  ...value,
  ...simd(11),
  2,
  ...unsigned(offset),
];
/** memmove, in bytes. */
export const copyMemory = (to: Code, from: Code, bytes: Code): Code => [...to, ...from, ...bytes, 0xfc, 10, 0, 0];
/** `bytes` times one byte. */
export const fillMemory = (to: Code, value: Code, bytes: Code): Code => [...to, ...value, ...bytes, 0xfc, 11, 0];
/** Ends the call with an error that JavaScript can catch. */
export const trap: Code = [0x00];
/** Picks 4 of the 8 lanes of two vectors: lanes 0-3 are a's, 4-7 are b's. */
export const shuffle = (a: Code, b: Code, lanes: readonly number[]): Code => [
  ...a,
  ...b,
  ...simd(13),
  ...lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => lane * 4 + byte)),
];
/** a * b + c in one instruction, rounded once where the processor can. */
export const relaxedMultiplyAdd = operator(...simd(0x105));
export const multiplyAdd = (a: Code, b: Code, c: Code): Code => [...a, ...b, ...simd(0xe6), ...c, ...simd(0xe4)];

/** A local variable or a parameter. */
export class Local {
  readonly index: number;
  readonly type: ValueType;
  constructor(index: number, type: ValueType) {
    this.index = index;
    this.type = type;
  }
  get value(): Code {
    return [0x20, ...unsigned(this.index)];
  }
}

export class Func {
  readonly parameters: readonly Local[];
  readonly #locals: Local[] = [];
  readonly #body: number[] = [];

  constructor(parameters: readonly ValueType[]) {
    this.parameters = parameters.map((type, index) => new Local(index, type));
  }
  local(type: ValueType): Local {
    const made = new Local(this.parameters.length + this.#locals.length, type);
    this.#locals.push(made);
    return made;
  }
  do(...statements: Code[]): void {
    for (const statement of statements) this.#body.push(...statement);
  }
  set(target: Local, value: Code): void {
    this.do(value, [0x21, ...unsigned(target.index)]);
  }
  call(index: number, ...operands: Code[]): void {
    this.do(...operands, [0x10, ...unsigned(index)]);
  }
  if(condition: Code, then: () => void, otherwise?: () => void): void {
    this.do(condition, [0x04, VOID]);
    then();
    if (otherwise) {
      this.do([0x05]);
      otherwise();
    }
    this.do([0x0b]);
  }
  /** Runs the body while the condition holds; it is looked at first. */
  while(condition: Code, body: () => void): void {
    this.do([0x02, VOID, 0x03, VOID], condition, [0x45, 0x0d, 1]);
    body();
    this.do([0x0c, 0, 0x0b, 0x0b]);
  }
  /** for (i = from; i < below; i += step) */
  for(i: Local, from: Code, below: Code, step: number, body: () => void): void {
    this.set(i, from);
    this.while(less(i.value, below), () => {
      body();
      this.set(i, add(i.value, i32(step)));
    });
  }
  encode(): number[] {
    const code = [
      ...unsigned(this.#locals.length),
      ...this.#locals.flatMap((local) => [1, local.type]),
      ...this.#body,
      0x0b,
    ];
    return [...unsigned(code.length), ...code];
  }
}

type Tuple<N extends number, T extends Local[] = []> = T["length"] extends N ? T : Tuple<N, [...T, Local]>;

/**
 * @returns a function of so many i32 parameters, and they
 * @example const [f, [from, to]] = functionOf(2);
 */
export function functionOf<N extends number>(count: N): readonly [Func, Tuple<N>] {
  const f = new Func(Array<typeof I32>(count).fill(I32));
  return [f, f.parameters as unknown as Tuple<N>];
}

/** @returns the module's bytes: functions in the order given, those named exported, memory imported as env.memory */
export function assemble(
  functions: readonly Func[],
  exported: Readonly<Record<string, Func>>,
): Uint8Array<ArrayBuffer> {
  const text = (value: string) => [...unsigned(value.length), ...new TextEncoder().encode(value)];
  const list = (items: readonly (readonly number[])[]) => [...unsigned(items.length), ...items.flat()];
  const section = (id: number, content: number[]) => [id, ...unsigned(content.length), ...content];
  return Uint8Array.of(
    0,
    0x61,
    0x73,
    0x6d,
    1,
    0,
    0,
    0, // "\0asm", version 1
    ...section(1, list(functions.map((f) => [0x60, ...list(f.parameters.map((p) => [p.type])), 0]))),
    ...section(2, list([[...text("env"), ...text("memory"), 2, 0, 0]])),
    ...section(3, list(functions.map((_, index) => unsigned(index)))),
    ...section(
      7,
      list(Object.entries(exported).map(([name, f]) => [...text(name), 0, ...unsigned(functions.indexOf(f))])),
    ),
    ...section(10, list(functions.map((f) => f.encode()))),
  );
}
