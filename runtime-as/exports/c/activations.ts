/** What is applied to a sum: relu, the kernel's tanh, and how a half becomes a float. */
import { TANH_DENOMINATOR, TANH_LIMIT, TANH_NUMERATOR } from '../program.ts'
import { float, type Prefix } from './text.ts'

export const relu = ({ lower: p }: Prefix): string => `
/* max(a, 0) with NaN kept, without a branch */
static inline float ${p}_relu(float a) {
  union ${p}_bits u;
  u.number = a;
  const int32_t negative = (int32_t)(u.bits & (u.bits + 0x7fffffu));
  u.bits &= ~(uint32_t)(negative >> 31);
  return u.number;
}
`

/** tanh of assembly/tanh.ts */
export function tanh({ lower: p }: Prefix): string {
  const horner = (sum: string, coefficients: number[]) =>
    coefficients
      .toReversed()
      .map((c, i) =>
        i === 0
          ? `  float ${sum} = ${float(Math.fround(c))};`
          : `  ${sum} = ${p}_rounded(${sum} * u) + ${float(Math.fround(c))};`,
      )
      .join('\n')
  return `
/* at most 6.1 ULP from tanh */
static float ${p}_tanh(float x) {
  if (x > ${float(TANH_LIMIT)}) return 1.0f;
  if (x < ${float(-TANH_LIMIT)}) return -1.0f;
  const float u = x * x;
${horner('p', TANH_NUMERATOR)}
${horner('q', TANH_DENOMINATOR)}
  const float y = (x * p) / q;
  if (y > 1.0f) return 1.0f;
  if (y < -1.0f) return -1.0f;
  return y;
}
`
}

export const half = ({ lower: p }: Prefix): string => `
/* an IEEE 754 half that is finite, as a float: exact */
static inline float ${p}_half(uint16_t h) {
  union ${p}_bits u;
  const uint32_t size = (uint32_t)(h & 0x7fffu) << 13;
  if (size >= 0x800000u) {
    u.bits = (size + 0x38000000u) | ((uint32_t)(h & 0x8000u) << 16);
    return u.number;
  }
  u.number = (float)(int32_t)(size >> 13) * 5.96046448e-8f;
  u.bits |= (uint32_t)(h & 0x8000u) << 16;
  return u.number;
}
`
