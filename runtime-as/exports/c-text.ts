/** 9 digits give back every float. */
export function float(value: number): string {
  const text = String(Number(value.toPrecision(9)))
  const sign = Object.is(value, -0) ? '-' : ''
  return `${sign}${/[.e]/.test(text) ? text : `${text}.0`}f`
}
