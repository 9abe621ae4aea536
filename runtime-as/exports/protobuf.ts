/** Writing protocol buffers: a field is a number and its content; a message is its fields one after another. */

const VARINT = 0
const COUNTED = 2

/** Of a number that is a whole number and not negative. */
function varint(value: number): number[] {
  const digits: number[] = []
  for (; value > 127; value = Math.floor(value / 128)) digits.push((value % 128) | 128)
  return [...digits, value]
}

export function message(...fields: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(fields.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const field of fields) {
    whole.set(field, at)
    at += field.length
  }
  return whole
}

export const number = (field: number, value: number): Uint8Array =>
  Uint8Array.from([...varint(field * 8 + VARINT), ...varint(value)])

export const bytes = (field: number, content: Uint8Array): Uint8Array =>
  message(Uint8Array.from([...varint(field * 8 + COUNTED), ...varint(content.length)]), content)

export const text = (field: number, content: string): Uint8Array => bytes(field, new TextEncoder().encode(content))

/** f32, little-endian */
export function floats(values: ArrayLike<number>): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * values.length))
  for (let i = 0; i < values.length; i++) view.setFloat32(4 * i, values[i], true)
  return new Uint8Array(view.buffer)
}
