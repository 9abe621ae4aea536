/** The page in a real browser: the same bits as Node, files of strangers, and what the content policy lets it do. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { siteOf } from '../../cli/view/site.ts'
import { newKey, signPolicy } from '../../firmware-bridge/host/signing.ts'
import type { Catalogue } from '../../site/catalogue.ts'
import { Actor } from '../../site/run/actor.ts'
import { cut } from '../../site/run/cut.ts'
import { Lockstep } from '../../site/run/lockstep.ts'
import { playable } from '../../site/run/tasks.ts'
import { hex } from '../../site/words.ts'
import { sha256OfFile } from '../../trainer/files/sha256.ts'
import { prepareTask } from '../../trainer/tasks/registry.ts'
import { launch, openPage } from '../support/browser.ts'
import { hasChromium } from '../support/chromium.ts'
import { bpdIn } from '../support/command.ts'
import { root } from '../support/pages.ts'
import { describeWith } from '../support/require.ts'

const student = join(root, 'models/pendulum/student.bpd')
const bytes = readFileSync(student)
const folder = mkdtempSync(join(tmpdir(), 'bpd-page-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A row of the ledger: what the teacher has, and the student. */
const row = async (page: Page, name: string): Promise<string[]> =>
  page.locator('#ledger tr', { hasText: name }).locator('td').allTextContents()

const drop = (page: Page, name: string, buffer: Buffer) =>
  page.setInputFiles('#choose', { name, mimeType: 'application/octet-stream', buffer })

/** As from the desktop: files and folders of this machine. */
async function dropPaths(page: Page, files: string[]): Promise<void> {
  const session = await page.context().newCDPSession(page)
  const data = { items: [], files, dragOperationsMask: 1 }
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await session.send('Input.dispatchDragEvent', { type, x: 100, y: 100, data })
  await session.detach()
}

describeWith('chromium', hasChromium)('the page', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launch()
  })
  afterAll(() => browser.close())

  it.each(['pendulum', 'hopper', 'ant'])(
    'plays 500 steps of %s to the bits of Node, and complains of nothing',
    async (task) => {
      const site = siteOf([], false)
      const shipped = async (file: string) => new Actor(await site.get(`models/${task}/${file}`)!(), file)
      await prepareTask(task)
      const here = new Lockstep(playable[task], await shipped('teacher.bpd'), await shipped('student.bpd'), 1)
      here.run(500)
      const { page, complaints, close } = await openPage(browser, [], { hash: `#task=${task}`, site })
      await page.click('#many')
      expect(await row(page, '500 actions')).toEqual(here.sides.map(({ fingerprint }) => hex(fingerprint)))
      expect(complaints).toEqual([])
      here.close()
      await close()
    },
  )

  it('is pushed, disturbed and rotted by hand and by keys, and says so', async () => {
    const { page, complaints, close } = await openPage(browser)
    await page.click('#many')
    const [, undisturbed] = await row(page, '500 actions')
    await page.click('#restart')
    await page.focus('#student-view')
    await page.keyboard.down('ArrowRight')
    await page.click('#step')
    await page.keyboard.up('ArrowRight')
    await page.focus('#noise')
    await page.keyboard.press('ArrowRight')
    expect(await page.textContent('#noise-value')).toBe('± 0.01, its own unit')
    for (let i = 1; i < 500; i += 50) await page.click('#step')
    await page.click('#many')
    expect((await row(page, 'actions, CRC'))[1]).not.toBe(undisturbed)
    await page.click('#flip')
    await page.waitForSelector('#flip-state:has-text("Caught: CRC-32")')
    expect((await row(page, 'self-test'))[1]).toBe('fails')
    await page.click('#mend')
    expect((await row(page, 'self-test'))[1]).toBe('8 of 8 alike')
    await page.click('#flip')
    await page.selectOption('#task', 'hopper')
    await page.waitForSelector('#stage[aria-busy="false"]')
    expect(await page.textContent('#flip-state')).toBe('Its memory is as the file says.')
    expect(await page.isDisabled('#mend')).toBe(true)
    expect(complaints).toEqual([])
    await close()
  })

  it('switches students on the slider, down to one that it cut itself', async () => {
    const { page, close } = await openPage(browser)
    await page.click('#cut')
    expect((await row(page, 'weights'))[1]).toBe('38')
    await page.focus('#sweep')
    await page.keyboard.press('Home')
    expect((await row(page, 'weights'))[1]).toBe('66,560')
    await page.keyboard.press('ArrowRight')
    // the first of the shipped sweep
    expect((await row(page, 'weights'))[1]).toBe('189')
    await close()
  })

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

  it('is not wider than a phone, in light and dark', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page, close } = await openPage(browser, [student], { viewport: { width: 400, height: 800 }, colorScheme })
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(400)
      await close()
    }
  })

  it('a phone cuts the folder of a name, not the file, and has it whole as a title', async () => {
    const { page, close } = await openPage(browser, [], {
      hash: '#task=halfcheetah',
      viewport: { width: 400, height: 800 },
    })
    for (const [side, path] of [
      ['teacher', 'models/halfcheetah/public/teacher.safetensors'],
      ['student', 'models/halfcheetah/student.bpd'],
    ]) {
      const [name, file] = [page.locator(`#${side}-name`), basename(path)]
      expect(await name.getAttribute('title')).toBe(path)
      expect(await name.textContent()).toBe(path)
      const base = name.locator('.base')
      expect(await base.textContent()).toBe(file)
      expect(await base.evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)).toBe(0)
    }
    await close()
  })

  it('a phone shows what an inference takes whole, each figure with its unit', async () => {
    const { page, close } = await openPage(browser, [student], { viewport: { width: 400, height: 800 } })
    const costs = page.locator('[aria-label="What an inference takes"]')
    await costs.locator('tr:has-text("917 measured")').waitFor()
    expect(await costs.locator('tbody th').allTextContents()).toContain('Cortex-M4F, instructions')
    expect(await costs.evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)).toBe(0)
    await close()
  })

  it('every control has a name, and an order that tab goes through', async () => {
    const { page, close } = await openPage(browser)
    const nameless = await page
      .locator('button, select, input')
      .evaluateAll((all) =>
        (all as HTMLInputElement[])
          .filter((one) => !one.textContent?.trim() && !one.ariaLabel && !one.labels?.length)
          .map(({ id }) => id),
      )
    expect(nameless).toEqual([])
    const seen: string[] = []
    for (let i = 0; i < 14; i++) {
      await page.keyboard.press('Tab')
      seen.push(await page.evaluate(() => document.activeElement?.id ?? ''))
    }
    for (const id of ['task', 'teacher-view', 'play', 'many', 'episode']) expect(seen).toContain(id)
    await close()
  })
})

describeWith('chromium', hasChromium)('the page to a screen reader', () => {
  it('names what a button does once, says a file in a line, and how a robot is pushed', async () => {
    const browser = await launch()
    const { page, close } = await openPage(browser)
    await page.click('#play')
    expect(await page.innerText('#play')).toBe('Pause')
    expect(await page.locator('[aria-pressed]').count()).toBe(0)
    await drop(page, 'mine.bpd', bytes)
    await page.waitForSelector('#file article')
    expect(
      await page.locator('[aria-live], [role=status], [role=alert]', { has: page.locator('article') }).count(),
    ).toBe(0)
    expect(await page.innerText('#file-told')).toBe('mine.bpd is shown below')
    // canvases are made anew with each task
    await page.selectOption('#task', 'hopper')
    await page.waitForSelector('#ledger tr:has-text("4,992")', { timeout: 60_000 })
    for (const side of ['teacher', 'student'])
      expect(await page.getAttribute(`#${side}-view`, 'aria-describedby')).toBe('push-hint')
    expect(await page.innerText('#push-hint')).toContain('arrow keys')
    await close()
    await browser.close()
  })
})

describeWith('chromium', hasChromium)('the page without WebGL', () => {
  it('plays a robot by its own name and figures, and says that it is not drawn', async () => {
    const browser = await launch('--disable-3d-apis')
    const { page, close } = await openPage(browser)
    expect(await page.isHidden('#fault')).toBe(true)
    await page.selectOption('#task', 'hopper')
    await page.waitForSelector('#ledger tr:has-text("4,992")', { timeout: 60_000 })
    expect(await page.innerText('#fault')).toMatch(/no WebGL: the robots are not drawn/)
    expect(await page.inputValue('#task')).toBe('hopper')
    expect(await page.innerText('#push-hint')).toContain('60 N')
    expect(await page.innerText('#sweep-name')).toContain('425 weights')
    await page.click('#many')
    expect((await row(page, 'step'))[1]).toBe('500')
    await page.selectOption('#task', 'pendulum')
    await page.waitForSelector('#ledger tr:has-text("66,560")')
    expect(await page.isHidden('#fault')).toBe(true)
    await close()
    await browser.close()
  })
})

describe('the catalogue of the page', () => {
  it('has every shipped student beside the teacher that its card names', async () => {
    const site = siteOf([], false)
    const { lessons }: Catalogue = JSON.parse(new TextDecoder().decode(await site.get('index.json')!()))
    const told = lessons.flatMap(({ name, teacher, students }) =>
      students.filter(({ path }) => path.startsWith('models/')).map((one) => ({ name, teacher, student: one.name })),
    )
    expect(told.map(({ student }) => student).toSorted()).toEqual(
      ['pendulum', 'hopper', 'walker2d', 'halfcheetah', 'ant']
        .flatMap((task) => ['smallest', 'student'].map((name) => `models/${task}/${name}.bpd`))
        .filter((path) => existsSync(join(root, path)))
        .toSorted(),
    )
    for (const { teacher, student } of told) {
      const card = JSON.parse(readFileSync(join(root, student.replace('.bpd', '.json')), 'utf8'))
      if (card.teacher) expect(sha256OfFile(join(root, teacher.name)), student).toBe(card.teacher.sha256)
    }
    expect(new Set(lessons.map(({ name }) => name)).size).toBe(lessons.length)
  })
})

describe('bpd view of a folder', () => {
  it('plays the student that was picked, not the first of its sweep', () => {
    mkdirSync(join(folder, 'demo'))
    for (const name of ['point-1.bpd', 'point-10.bpd', 'point-2.bpd', 'student.bpd'])
      cpSync(student, join(folder, 'demo', name))
    const index = siteOf([join(folder, 'demo')], false).get('index.json')!() as Uint8Array
    const given: { name: string }[] = JSON.parse(new TextDecoder().decode(index)).given
    const names = given.map(({ name }) => basename(name))
    expect(names).toEqual(['student.bpd', 'point-1.bpd', 'point-2.bpd', 'point-10.bpd'])
  })

  it('written again with fewer files leaves none of the earlier ones behind, and nothing of others is touched', () => {
    const words = ['--out', 'again', '--force', '--json']
    const given = join(folder, 'again/given')
    expect(bpdIn(folder, 'view', student, student, ...words).status).toBe(0)
    writeFileSync(join(given, 'mine.bpd'), bytes)
    expect(bpdIn(folder, 'view', student, ...words).status).toBe(0)
    expect(readdirSync(given).sort()).toEqual(['0.bpd', 'mine.bpd'])
    cpSync(student, join(given, '1.bpd'))
    const { status, lines } = bpdIn(folder, 'view', 'again/given/1.bpd', ...words)
    expect([status, lines[0]]).toEqual([2, expect.stringContaining('which is read')])
    expect(readdirSync(given).sort()).toEqual(['0.bpd', '1.bpd', 'mine.bpd'])
  })
})

describeWith('chromium', hasChromium)('bpd view --out', () => {
  it('writes a folder that opens once more without a network', async () => {
    const out = join(folder, 'site')
    const { status, stdout } = bpdIn(folder, 'view', student, '--out', out, '--json')
    expect(status).toBe(0)
    const { files, bytes: total } = JSON.parse(stdout)
    expect(files).toBeGreaterThan(20)
    expect(total).toBeLessThan(15e6)
    const site = new Map(
      [...siteOf([student], true).keys()].map((path) => [path, () => readFileSync(join(out, path))] as const),
    )
    // the first visit is cut short
    const teacher = site.get('models/hopper/teacher.bpd')!
    let visits = 0
    site.set('models/hopper/teacher.bpd', () => {
      if (visits++ === 0) throw new Error('the network is gone')
      return teacher()
    })
    const browser = await launch()
    const { page, url, close } = await openPage(browser, [], { site })
    await page.waitForSelector('html[data-offline=incomplete]', { timeout: 60_000 })
    await page.reload()
    await page.waitForSelector('html[data-offline=kept]', { timeout: 60_000 })
    await close.served()
    await page.goto(`${url}#task=hopper`)
    await page.reload()
    await page.waitForSelector('#ledger tr:has-text("4,992")', { timeout: 60_000 })
    // the task in the address keeps the stage, though a policy of another one was given
    await page.waitForSelector('#opened button[aria-current=true]')
    expect(await page.inputValue('#task')).toBe('hopper')
    await close()
    await browser.close()
  })

  it('opens with a network where the browser has no room to keep it', async () => {
    const browser = await launch()
    const { page, close } = await openPage(browser, [], { site: siteOf([], true) })
    await page.waitForSelector('html[data-offline=kept]', { timeout: 60_000 })
    await page.evaluate(async () => {
      for (const name of await caches.keys()) await caches.delete(name)
    })
    const [worker] = page.context().serviceWorkers()
    await worker.evaluate(() => {
      Cache.prototype.put = () => Promise.reject(new DOMException('full', 'QuotaExceededError'))
    })
    await page.reload()
    await page.waitForSelector('#ledger tr:has-text("66,560")', { timeout: 60_000 })
    await close()
    await browser.close()
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
