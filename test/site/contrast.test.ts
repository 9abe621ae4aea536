/** What the page writes can be read, in light and in dark. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { AA, contrast, themesOf } from '../support/contrast.ts'
import { root } from '../support/pages.ts'

const themes = themesOf(readFileSync(join(root, 'site/style.css'), 'utf8'))
const written: [string, string[]][] = [
  ...['ink', 'soft', 'teacher', 'student', 'accent', 'warn'].map((text): [string, string[]] => [
    text,
    ['paper', 'card'],
  ]),
  ['warn', ['sunk']],
  ['on-accent', ['accent']],
]

it.each(written)('text in the colour --%s stands out from --%s', (text, places) => {
  for (const theme of themes)
    for (const place of places) expect(contrast(theme[text], theme[place])).toBeGreaterThanOrEqual(AA)
})
