/** A value out of a stranger's file, for a message: short, one line, and never walked. */
export function brief(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value)
  if (typeof value === 'bigint') return 'a whole number of many digits'
  if (value === undefined) return 'nothing'
  if (typeof value !== 'object' || value === null) return String(value)
  if (Array.isArray(value)) return 'a list'
  return value instanceof Uint8Array ? 'bytes' : 'a map'
}
