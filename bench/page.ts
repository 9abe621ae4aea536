/** `npm run -s bench:page`: the page in headless Chromium, as one JSON object: bytes, the first picture, and frames, of each kind of task. */
import type { Browser, Page } from 'playwright-core'
import { siteOf } from '../cli/view/site.ts'
import { launch, openPage } from '../test/support/browser.ts'

/** milliseconds that are played */
const PLAYED = 4000
/** frames whose processor time is counted */
const FRAMES = 60

const site = siteOf([], true)
let [all, engine] = [0, 0]
for (const [path, make] of site) {
  const { length } = await make()
  all += length
  if (path.startsWith('mujoco/') || /assets\/mujoco-/.test(path)) engine += length
}

async function measured(browser: Browser, task: string) {
  const { page, complaints, close } = await openPage(browser, [], {
    hash: `#task=${task}`,
    viewport: { width: 1200, height: 900 },
  })
  const picture = await page.evaluate(() => Math.round(performance.getEntriesByName('picture')[0].startTime))
  const loaded = await page.evaluate(() =>
    performance
      .getEntriesByType('resource')
      .reduce((sum, entry) => sum + (entry as PerformanceResourceTiming).encodedBodySize, 0),
  )
  const protocol = await page.context().newCDPSession(page)
  await protocol.send('Performance.enable')
  const script = async () => {
    const { metrics } = await protocol.send('Performance.getMetrics')
    return metrics.find(({ name }) => name === 'ScriptDuration')!.value
  }
  const cpu = await cpuOfFrames(browser, page)
  await page.click('#play')
  const before = await script()
  const frames = await page.evaluate(
    (milliseconds) =>
      new Promise<number[]>((done) => {
        const times: number[] = []
        const began = performance.now()
        const frame = (now: number) => {
          times.push(now)
          if (now - began < milliseconds) requestAnimationFrame(frame)
          else done(times.slice(1).map((time, i) => time - times[i]))
        }
        requestAnimationFrame(frame)
      }),
    PLAYED,
  )
  const scripted = (1000 * ((await script()) - before)) / frames.length
  const sorted = frames.toSorted((a, b) => a - b)
  const rank = (share: number) => Number(sorted[Math.floor(share * (sorted.length - 1))].toFixed(1))
  await close()
  return {
    firstPictureMs: picture,
    loadedBytes: loaded,
    framesPerSecond: Number(((1000 * frames.length) / frames.reduce((sum, time) => sum + time, 0)).toFixed(1)),
    frameMs: { median: rank(0.5), p99: rank(0.99) },
    cpuMsPerFrame: cpu,
    scriptMsPerFrame: Number(scripted.toFixed(2)),
    complaints,
  }
}

/** Processor time of all of the browser's processes for a frame with one step of both: it does not depend on what else the machine does. */
async function cpuOfFrames(browser: Browser, page: Page): Promise<number> {
  const protocol = await browser.newBrowserCDPSession()
  const spent = async () => {
    const { processInfo } = await protocol.send('SystemInfo.getProcessInfo')
    return processInfo.reduce((sum, { cpuTime }) => sum + cpuTime, 0)
  }
  const before = await spent()
  await page.evaluate(
    (frames) =>
      new Promise<void>((done) => {
        let drawn = 0
        const frame = () => {
          document.getElementById('step')?.click()
          if (++drawn < frames) requestAnimationFrame(frame)
          else done()
        }
        requestAnimationFrame(frame)
      }),
    FRAMES,
  )
  return Number(((1000 * ((await spent()) - before)) / FRAMES).toFixed(1))
}

const browser = await launch()
try {
  const tasks: Record<string, unknown> = {}
  for (const task of ['pendulum', 'hopper', 'ant']) tasks[task] = await measured(browser, task)
  const bytes = { all, engine, withoutEngine: all - engine }
  console.log(JSON.stringify({ bytes, renderer: 'headless Chromium, WebGL in software (SwiftShader)', tasks }, null, 2))
} finally {
  await browser.close()
}
