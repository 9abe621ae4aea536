import { describe, expect, it } from 'vitest'
import { durationsIn } from '../../../trainer/data/formats/arrow-schema.ts'

/** A schema whose list of columns says that it has so many, by the rules of FlatBuffers. */
function schemaOf(columns: number): string {
  const view = new DataView(new ArrayBuffer(64))
  const words = (at: number, ...values: number[]) => values.forEach((x, i) => void view.setUint32(at + 4 * i, x, true))
  const halves = (at: number, ...values: number[]) => values.forEach((x, i) => void view.setUint16(at + 2 * i, x, true))
  // length of the message, and where its table is: at 20, with its entries at 8
  words(0, 60, 16)
  halves(8, 10, 12, 0, 4, 8)
  // a schema, which is the table at 40, with its entries at 32
  words(20, 12, 1, 12)
  halves(32, 8, 8, 0, 4)
  words(40, 8, 4, columns)
  return Buffer.from(view.buffer).toString('base64')
}

describe('an Arrow schema', () => {
  it('that is not there, or has no columns, says nothing', () => {
    expect(durationsIn(undefined).size).toBe(0)
    expect(durationsIn(schemaOf(0)).size).toBe(0)
  })

  it.each([4097, 0xffffffff])('of %d columns is refused before they are read', (columns) => {
    expect(() => durationsIn(schemaOf(columns))).toThrow(`an Arrow schema of ${columns} columns`)
  })

  it('that is cut short is refused', () => {
    expect(() => durationsIn(schemaOf(1).slice(0, 64))).toThrow(RangeError)
    expect(() => durationsIn('AAAA')).toThrow(RangeError)
  })
})
