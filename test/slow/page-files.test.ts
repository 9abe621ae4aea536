/** Files of strangers on the page, in a real browser: taken apart, refused in words, and what the content policy lets them do. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { siteOf } from '../../cli/view/site.ts'
import { newKey, signPolicy } from '../../firmware-bridge/host/signing.ts'
import { cut } from '../../site/run/cut.ts'
import { launch, openPage } from '../support/browser.ts'
import { hasChromium } from '../support/chromium.ts'
import { drop, row } from '../support/page.ts'
import { root } from '../support/pages.ts'
import { describeWith } from '../support/require.ts'

const student = join(root, 'models/pendulum/student.bpd')
const bytes = readFileSync(student)
const folder = mkdtempSync(join(tmpdir(), 'bpd-page-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** As from the desktop: files and folders of this machine. */
async function dropPaths(page: Page, files: string[]): Promise<void> {
  const session = await page.context().newCDPSession(page)
  const data = { items: [], files, dragOperationsMask: 1 }
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await session.send('Input.dispatchDragEvent', { type, x: 100, y: 100, data })
  await session.detach()
}

describeWith('chromium', hasChromium)('a file on the page', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launch()
  })
  afterAll(() => browser.close())

  it('takes a dropped policy apart, and plays it', async () => {
    const { page, complaints, close } = await openPage(browser)
    await drop(page, 'mine.bpd', readFileSync(join(root, 'models/hopper/student.bpd')))
    await page.waitForSelector('#file article')
    const text = await page.innerText('#file')
    for (const part of ['mine.bpd', '3,912', 'thigh velocity [rad/s]', 'Golden vectors', 'alike'])
      expect(text).toContain(part)
    for (const part of ['teal positive, orange negative', 'or use the arrow keys']) expect(text).toContain(part)
    // bench/results/chips.json has it measured; one that was never measured is told as an estimate
    expect(await page.innerText('#file tr:has-text("Cortex-M4F")')).toMatch(/[\d,]+ measured\t[\d,]+ measured/)
    await drop(page, 'cut.bpd', Buffer.from(cut(bytes, 40, 'cut')))
    await page.waitForSelector('#file h3:has-text("cut.bpd")')
    expect(await page.innerText('#file tr:has-text("Cortex-M4F")')).toContain('about 160 to 290')
    await page.click('#opened button:has-text("mine.bpd")')
    await page.click('#file button:has-text("Play it")')
    await page.waitForSelector('#stage[aria-busy=false] #ledger tr:has-text("4,992")', { timeout: 60_000 })
    await expect.poll(() => row(page, 'weights')).toEqual(['4,992', '425'])
    expect(complaints).toEqual([])
    await close()
  })

  it('says whether a dropped policy is signed, by which key and with which counter', async () => {
    const { page, complaints, close } = await openPage(browser)
    const key = newKey()
    await drop(page, 'signed.bpd', Buffer.from(signPolicy(bytes, key, 7)))
    await page.waitForSelector('#file article')
    const told = await page.innerText('#file')
    expect(told).toContain(`by key ${key.id}, counter 7; not verified here`)
    expect(told).toMatch(/envelope, signature\s+96/)
    await drop(page, 'plain.bpd', bytes)
    await page.waitForSelector('#file article:has-text("plain.bpd")')
    expect(await page.locator('#file article tr', { hasText: 'signed' }).locator('td').allTextContents()).toEqual([
      'no',
    ])
    expect(complaints).toEqual([])
    await close()
  })

  it('refuses hostile files in words, as data', async () => {
    const { page, complaints, close } = await openPage(browser)
    const truncated = bytes.subarray(0, 700)
    const flipped = Buffer.from(bytes)
    flipped[300] ^= 1
    const teacher = readFileSync(join(root, 'models/pendulum/teacher.safetensors'))
    const archive = readFileSync(join(root, 'test/fixtures/teachers/sb3/sac/Pendulum-v1_1/Pendulum-v1.zip'))
    const evil = '<img src=x onerror=alert(1)><script>document.title="evil"</script>'
    const deep = `${'['.repeat(100_000)}`
    const report = JSON.stringify({ rows: [{ number: 1, name: evil, weights: -1 }], fronts: { weights: [] } })
    const hostile: [string, Buffer, string][] = [
      ['cut.bpd', truncated, 'cut.bpd'],
      ['flipped.bpd', flipped, 'flipped.bpd'],
      [`${evil}.bpd`, truncated, evil],
      ['deep.json', Buffer.from(deep), 'nested more than 24 deep'],
      ['report.json', Buffer.from(report), 'report.json'],
      ['proto.json', Buffer.from('{"__proto__": {"rows": [], "fronts": {}}}'), 'JSON of another kind'],
      ['noise.bin', Buffer.from([1, 2, 3, 255]), 'noise.bin: a file of an unknown kind, expected a .bpd policy'],
      ['hello.txt', Buffer.from('hello'), 'hello.txt: a text file, expected a .bpd policy'],
      ['empty', Buffer.alloc(0), 'empty: an empty file, expected a .bpd policy'],
      // as on the command line: what it is, and who takes it
      [
        'teacher.safetensors',
        teacher,
        'teacher.safetensors: a teacher, expected a .bpd policy as `bpd distill` makes it',
      ],
      ['teacher.safetensors', teacher, '`bpd distill --teacher` take teachers'],
      ['archive.zip', archive, 'archive.zip: a Stable-Baselines3 archive, expected'],
    ]
    for (const [name, buffer, said] of hostile) {
      await drop(page, name, buffer)
      await expect.poll(() => page.innerText('#file .fault')).toContain(said)
    }
    expect(await page.title()).toBe('bpd: a policy, alive')
    expect(await page.locator('#file img, #opened img, #file script').count()).toBe(0)
    expect(complaints).toEqual([])
    await close()
  })

  it('tells each file that it cannot open, and opens the others', async () => {
    const { page, complaints, close } = await openPage(browser)
    const mimeType = 'application/octet-stream'
    await page.setInputFiles('#choose', [
      { name: 'large.bpd', mimeType, buffer: Buffer.alloc((16 << 20) + 1) },
      { name: 'good.bpd', mimeType, buffer: bytes },
    ])
    await page.waitForSelector('#file h3:has-text("good.bpd")')
    expect(await page.innerText('#file .fault')).toBe('large.bpd: 16777217 bytes, expected at most 16777216')
    const dropped = join(folder, 'dropped')
    mkdirSync(join(dropped, 'run'), { recursive: true })
    cpSync(student, join(dropped, 'after.bpd'))
    await dropPaths(page, [join(dropped, 'run'), join(dropped, 'after.bpd')])
    await page.waitForSelector('#file h3:has-text("after.bpd")')
    expect(await page.innerText('#file .fault')).toBe('run: a folder, expected files: drop what is in it')
    await dropPaths(page, [join(dropped, 'run')])
    await page.waitForSelector('#file h3', { state: 'detached' })
    expect(await page.innerText('#file .fault')).toContain('run: a folder')
    expect(complaints).toEqual([])
    await close()
  })

  it('opens files of long names, and of the same', async () => {
    const name = `${'n'.repeat(220)}.bpd`
    const given = ['one', 'two'].map((at) => join(folder, at, name))
    for (const file of given) {
      mkdirSync(dirname(file))
      cpSync(student, file)
    }
    const { page, complaints, close } = await openPage(browser, given)
    await page.waitForSelector('#file article')
    expect(await page.isHidden('#fault')).toBe(true)
    const long = 'n'.repeat(200)
    expect(await page.locator('#opened button').allTextContents()).toEqual([long, `${long} (2)`])
    expect(await page.textContent('#student-name')).toBe(long)
    expect(complaints).toEqual([])
    await close()
  })

  it('shows the tab of the file that is chosen, and stays where it is', async () => {
    const { page, close } = await openPage(browser, [], { viewport: { width: 400, height: 800 } })
    const files = Array.from({ length: 20 }, (_, i) => ({ name: `file-number-${i}.bpd`, mimeType: '', buffer: bytes }))
    await page.evaluate(() => scrollTo({ top: 300, behavior: 'instant' }))
    await page.setInputFiles('#choose', files)
    await page.waitForSelector('#file h3:has-text("file-number-19.bpd")')
    const [top, bottom] = await page.evaluate(() => {
      const list = document.getElementById('opened')!
      const [tab, seen] = [list.querySelector('[aria-current=true]')!, list].map((one) => one.getBoundingClientRect())
      return [tab.top - seen.top, seen.bottom - tab.bottom]
    })
    // rounded to whole pixels
    expect(Math.min(top, bottom)).toBeGreaterThan(-1)
    expect(await page.evaluate(() => scrollY)).toBe(300)
    await close()
  })

  it('draws a dense layer no taller than it is to be seen, once, and in the colours of the day', async () => {
    const { page, complaints, close } = await openPage(browser, [], { colorScheme: 'light' })
    await page.evaluate(countDrawn)
    const dense = await siteOf([], false).get('models/pendulum/teacher.bpd')!()
    await drop(page, 'dense.bpd', Buffer.from(dense))
    await page.waitForSelector('#file .matrix canvas')
    const canvas = page.locator('#file .matrix canvas').first()
    const [width, height] = await canvas.evaluate((one: HTMLCanvasElement) => [one.width, one.height])
    // 256 rows of 3
    expect([width, height]).toEqual([36, 512])
    const counted = () => page.evaluate(() => (globalThis as unknown as { drawn: Drawn }).drawn)
    const { cells, listeners } = await counted()
    expect(cells).toBeGreaterThan(65_536)
    // a file that is looked at no more leaves nothing behind
    expect(listeners).toBe(0)
    await canvas.focus()
    await page.keyboard.press('ArrowDown')
    expect(await page.innerText('#file .matrix >> nth=0')).toContain('unit 2 from')
    expect((await counted()).cells).toBe(cells)
    const light = await canvas.evaluate((one: HTMLCanvasElement) => one.toDataURL())
    await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' })
    await expect.poll(() => canvas.evaluate((one: HTMLCanvasElement) => one.toDataURL())).not.toBe(light)
    expect(complaints).toEqual([])
    await close()
  })

  it('runs no markup and no code out of strings, and reaches nobody else', async () => {
    const { page, close } = await openPage(browser)
    const tried = await page.evaluate(async () => {
      const failed = async (attempt: () => unknown) => {
        try {
          await attempt()
          return false
        } catch {
          return true
        }
      }
      return {
        markup: await failed(() => {
          document.body.innerHTML = '<b>x</b>'
        }),
        worker: await failed(() => new Worker('data:text/javascript,1')),
        fetch: await failed(() => fetch('https://example.com/')),
      }
    })
    expect(tried).toEqual({ markup: true, worker: true, fetch: true })
    await close()
  })
})

interface Drawn {
  cells: number
  listeners: number
}

/** In the page: how many rectangles are filled from now on, and how many listen to the window's light and dark. */
function countDrawn(): void {
  const drawn: Drawn = { cells: 0, listeners: 0 }
  Object.assign(globalThis, { drawn })
  const { fillRect } = CanvasRenderingContext2D.prototype
  CanvasRenderingContext2D.prototype.fillRect = function (...place) {
    drawn.cells++
    fillRect.apply(this, place)
  }
  const { addEventListener } = MediaQueryList.prototype
  MediaQueryList.prototype.addEventListener = function (...what: unknown[]) {
    drawn.listeners++
    addEventListener.apply(this, what as Parameters<typeof addEventListener>)
  }
}
