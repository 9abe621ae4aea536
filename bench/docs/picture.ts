/** `npm run docs:picture`: the picture of the README, a frame of the page as `bpd view` serves it. */
import { join } from 'node:path'
import { launch, openPage } from '../../test/support/browser.ts'
import { root } from '../../test/support/pages.ts'

/** of Walker2d: both walk, and not in step any more */
const STEPS = 9

const browser = await launch()
try {
  const viewport = { width: 1200, height: 800 }
  const { page, complaints, close } = await openPage(browser, [], {
    hash: '#task=walker2d',
    viewport,
    deviceScaleFactor: 2,
  })
  await page.click('#restart')
  await page.evaluate((steps) => {
    for (let i = 0; i < steps * 25; i++) document.getElementById('step')?.click()
  }, STEPS)
  await page.mouse.move(0, 0)
  if (complaints.length > 0) throw new Error(complaints.join('; '))
  await page.screenshot({ path: join(root, 'docs/images/page.png'), clip: { x: 0, y: 52, width: 1200, height: 700 } })
  await close()
} finally {
  await browser.close()
}
