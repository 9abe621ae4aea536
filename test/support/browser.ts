/** The page in headless Chromium, as `bpd view` serves it. What it complains of is kept. */
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { serve } from '../../cli/view/serve.ts'
import { type Site, siteOf } from '../../cli/view/site.ts'

export interface Opened {
  page: Page
  url: string
  /** errors, and what the content policy refused */
  complaints: string[]
  /** both; or the server alone, as where the network goes */
  close: (() => Promise<void>) & { served(): Promise<void> }
}

const words = [
  '--no-sandbox',
  '--disable-background-networking',
  '--disable-component-update',
  '--use-gl=angle',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
]

export const launch = (...more: string[]): Promise<Browser> =>
  chromium.launch({ executablePath: '/usr/bin/chromium', args: [...words, ...more] })

/** Serves it, opens it, and waits until the robots are there. */
export async function openPage(
  browser: Browser,
  given: readonly string[] = [],
  { hash = '', site, ...options }: BrowserContextOptions & { hash?: string; site?: Site } = {},
): Promise<Opened> {
  const served = await serve(site ?? siteOf(given, false), 0)
  const context = await browser.newContext({ reducedMotion: 'reduce', ...options })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', ({ message }) => complaints.push(message))
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  await page.goto(`${served.url}${hash}`)
  await page.waitForSelector('#ledger tbody tr', { timeout: 60_000 })
  await page.waitForSelector('#stage[aria-busy=false]', { timeout: 60_000 })
  const close = Object.assign(
    async () => {
      await context.close()
      await served.close().catch(() => {})
    },
    { served: served.close },
  )
  return { page, url: served.url, complaints, close }
}
