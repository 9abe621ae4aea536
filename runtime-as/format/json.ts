/** Deepest nesting of maps and lists in a contract. */
export const MAX_DEPTH = 16

/** Whether a value survives the way into a file and back: null, booleans, finite numbers, text, lists and plain maps of such. */
export function isJson(value: unknown, depth = MAX_DEPTH): boolean {
  if (value === null || typeof value === 'boolean') return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value === 'string') return value.isWellFormed()
  if (typeof value !== 'object' || depth === 0) return false
  if (Array.isArray(value)) return Array.from(value).every((item) => isJson(item, depth - 1))
  return (
    isPlain(value) &&
    Object.entries(value).every(([key, item]) => key !== '__proto__' && key.isWellFormed() && isJson(item, depth - 1))
  )
}

/** Whether a value is a map made by `{}`, JSON.parse or a msgpack reader, and not an instance of some class. */
export function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype
}
