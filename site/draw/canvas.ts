/** Canvases as sharp as the screen, in the page's own colours. */
import { drawsInSoftware } from './software.ts'

export interface Colours {
  ink: string
  soft: string
  line: string
  paper: string
  teacher: string
  student: string
}

/** As the style sheet has them now: light and dark are told there alone. */
export function colours(): Colours {
  const style = getComputedStyle(document.documentElement)
  const read = (name: string) => style.getPropertyValue(`--${name}`).trim()
  const names = ['ink', 'soft', 'line', 'paper', 'teacher', 'student'] as const
  return Object.fromEntries(names.map((name) => [name, read(name)])) as unknown as Colours
}

/** An event of canvases: light and dark have changed. What listens goes with its canvas, unlike a listener of the window's. */
export const THEME = 'theme'

/** From now on every canvas in the page is told. */
export function tellTheme(): void {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    for (const canvas of document.querySelectorAll('canvas')) canvas.dispatchEvent(new Event(THEME))
  })
}

export interface Surface {
  context: CanvasRenderingContext2D
  /** in CSS pixels */
  width: number
  height: number
}

/** Cleared, at the size that the layout gives it. */
export function surfaceOf(canvas: HTMLCanvasElement): Surface {
  const { width, height } = sized(canvas)
  // in software lines are drawn several times as fast where no graphics processor is emulated for them
  const context = canvas.getContext('2d', { willReadFrequently: drawsInSoftware() })!
  const scale = canvas.width / width
  context.setTransform(scale, 0, 0, scale, 0, 0)
  context.clearRect(0, 0, width, height)
  return { context, width, height }
}

/** Gives a canvas the pixels that its place in the layout has; returns its size in CSS pixels. */
export function sized(canvas: HTMLCanvasElement): { width: number; height: number } {
  const width = Math.max(1, canvas.clientWidth)
  const height = Math.max(1, canvas.clientHeight)
  const scale = Math.min(2, devicePixelRatio || 1)
  const [across, down] = [Math.round(width * scale), Math.round(height * scale)]
  if (canvas.width !== across || canvas.height !== down) {
    canvas.width = across
    canvas.height = down
  }
  return { width, height }
}
