// Logarithm, exponential and the quantile of the standard normal, from + - * / and sqrt alone. Those are rounded the same way by every
// machine; Math.log, exp and cos are not promised to be. Equal seeds must give equal weights and worlds on every computer.
// Sources: fdlibm's __ieee754_log (Sun Microsystems, freely distributable); Wichura, "Algorithm AS 241", Applied Statistics 37 (1988), PPND16.
// Differs from fdlibm: no subnormal, infinite or negative arguments (they do not occur between 2^-54 and 1).

const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;
const LOG_ODD = [0.3999999999940942, 0.22222198432149784, 0.15313837699209373] as const;
const LOG_EVEN = [0.6666666666666735, 0.2857142874366239, 0.1818357216161805, 0.14798198605116586] as const;

const bits = new DataView(new ArrayBuffer(8));

/** @param coefficients lowest power first */
function polynomial(coefficients: readonly number[], x: number): number {
  let sum = 0;
  for (let i = coefficients.length - 1; i >= 0; i--) sum = sum * x + (coefficients[i] as number);
  return sum;
}

/**
 * Natural logarithm, error below one unit in the last place.
 * @param x normal, positive, finite
 * @example log(0.5) // -0.6931471805599453
 */
export function log(x: number): number {
  bits.setFloat64(0, x);
  const high = bits.getUint32(0);
  let k = (high >>> 20) - 1023;
  // x = 2^k (1 + f) with 1 + f between sqrt(1/2) and sqrt(2): there the series in s = f / (2 + f) is shortest.
  bits.setUint32(0, (high & 0xfffff) | 0x3ff00000);
  let m = bits.getFloat64(0);
  if (m > Math.SQRT2) {
    m /= 2;
    k += 1;
  }
  const f = m - 1;
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const r = w * polynomial(LOG_ODD, w) + z * polynomial(LOG_EVEN, w);
  const half = 0.5 * f * f;
  return k * LN2_HIGH - (half - (s * (half + r) + k * LN2_LOW) - f);
}

/**
 * e^x, relative error about 2e-16; 0 below -708 (no subnormals).
 * @param x at most 709
 * @example exp(1) // 2.7182818284590455
 */
export function exp(x: number): number {
  if (x < -708) return 0;
  const k = Math.round(x / Math.LN2);
  const r = x - k * LN2_HIGH - k * LN2_LOW; // |r| <= 0.35: fourteen terms of the series leave 1e-18
  let sum = 1;
  for (let i = 14; i >= 1; i--) sum = 1 + (r / i) * sum;
  bits.setUint32(0, ((k + 1023) << 20) >>> 0);
  bits.setUint32(4, 0);
  return sum * bits.getFloat64(0);
}

const A = [
  3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987, 67265.7709270087,
  33430.57558358813, 2509.0809287301227,
];
const B = [
  1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597, 39307.89580009271, 28729.085735721943,
  5226.495278852854,
];
const C = [
  1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684, 0.2417807251774506,
  0.022723844989269184, 0.0007745450142783414,
];
const D = [
  1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008, 0.015198666563616457,
  0.0005475938084995345, 1.0507500716444169e-9,
];
const E = [
  6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487, 0.026532189526576124,
  0.0012426609473880784, 2.7115555687434876e-5, 2.0103343992922881e-7,
];
const F = [
  1, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 0.0007868691311456133, 1.8463183175100548e-5,
  1.421511758316446e-7, 2.0442631033899397e-15,
];

/**
 * The z with P(Z <= z) = p, relative error about 1e-16.
 * @param p strictly between 0 and 1
 * @example normalQuantile(0.975) // 1.9599639845400536
 */
export function normalQuantile(p: number): number {
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return (q * polynomial(A, r)) / polynomial(B, r);
  }
  const r = Math.sqrt(-log(q < 0 ? p : 1 - p));
  const z = r <= 5 ? polynomial(C, r - 1.6) / polynomial(D, r - 1.6) : polynomial(E, r - 5) / polynomial(F, r - 5);
  return q < 0 ? -z : z;
}
