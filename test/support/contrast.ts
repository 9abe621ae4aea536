/** How far text stands out from what it is on, as WCAG 2 counts it: AA wants 4.5 of text. */

export const AA = 4.5

function luminance(colour: string): number {
  const [r, g, b] = [1, 3, 5]
    .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((x) => (x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4))
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

/** Of two colours as #rrggbb: 1 to 21. */
export function contrast(one: string, other: string): number {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return (light + 0.05) / (dark + 0.05)
}

/** The colours that a style sheet gives names, in light and in dark. */
export function themesOf(style: string): Record<string, string>[] {
  const blocks = [...style.matchAll(/:root\s*\{([^}]*)\}/g)].map(([, block]) => block)
  const full = (colour: string) => (colour.length === 4 ? colour.replace(/[^#]/g, '$&$&') : colour)
  const named = (block: string) =>
    Object.fromEntries([...block.matchAll(/--([\w-]+): (#\w+)/g)].map(([, name, colour]) => [name, full(colour)]))
  const [light, dark] = blocks.map(named)
  return [light, { ...light, ...dark }]
}
