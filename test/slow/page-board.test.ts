/** Boards in the page, in a real browser: an emulated one in a worker, and what Web Serial gives. */
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { InProcessBoard } from '../../firmware-bridge/emulators/in-process.ts'
import { launch, openPage } from '../support/browser.ts'
import { hasChromium } from '../support/chromium.ts'
import { root } from '../support/pages.ts'
import { describeWith } from '../support/require.ts'

/** A row of the ledger: what the teacher has, and the student. */
const row = async (page: Page, name: string): Promise<string[]> =>
  page.locator('#ledger tr', { hasText: name }).locator('td').allTextContents()

const state = (page: Page, text: string) =>
  page.waitForSelector(`#board-state:has-text("${text}")`, { timeout: 120_000 })

async function flashed(page: Page): Promise<void> {
  await page.click('#board-flash')
  await page.click('#board-yes')
  await state(page, 'Flashing: done')
}

/** An emulated Pico with the student of the stage. */
async function connected(page: Page): Promise<void> {
  await page.click('text=Emulated Pico')
  await state(page, 'Connected to pico')
  await flashed(page)
}

/** An episode of the pendulum through the board ends with the same bits as one that the page plays itself. */
async function expectDrivenAsPlayed(page: Page): Promise<void> {
  await page.click('#board-loop')
  await state(page, 'Driving: done')
  expect(await page.innerText('#board-figures')).toContain('200 of 200 numbers of actions equal')
  const driven = await row(page, '200 actions')
  await page.click('#restart')
  await page.evaluate(() => {
    for (let i = 0; i < 200; i++) document.getElementById('step')?.click()
  })
  expect(await row(page, '200 actions')).toEqual(driven)
}

describeWith('chromium', hasChromium)('a board in the page', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launch()
  })
  afterAll(() => browser.close())

  it('is an emulated Pico: flashed, measured, and driving the robot to the bits of the page', async () => {
    const { page, complaints, close } = await openPage(browser)
    await page.click('text=Emulated Pico')
    await state(page, 'Connected to pico')
    expect(await page.innerText('#board-facts')).toContain('none')
    await page.click('#board-loop')
    await state(page, 'flash it first')
    await page.click('#board-flash')
    expect(await page.innerText('#board-ask-text')).toMatch(/^pico runs no policy\. .*; there is none yet/)
    expect(await page.innerText('#board-ask-text')).not.toContain('the old one')
    // whoever presses Enter unread has flashed nothing
    await page.keyboard.press('Enter')
    await page.waitForSelector('#board-ask', { state: 'hidden' })
    expect(await page.innerText('#board-facts')).toContain('none')
    await flashed(page)
    await page.click('#board-flash')
    expect(await page.innerText('#board-ask-text')).toContain('On trial, a reset brings the old one back.')
    await page.click('#board-no')
    expect(await page.innerText('#board-facts')).toContain('the student on the stage')
    await page.click('#board-bench')
    await state(page, 'Measuring: done')
    // what `bpd bench` counts of the shipped student
    const median = Number((await page.innerText('#board-figures tr:has-text("median") td >> nth=0')).replace(',', ''))
    expect(Math.abs(median - 11_239)).toBeLessThan(50)
    await expectDrivenAsPlayed(page)
    expect(complaints).toEqual([])
    await close()
  })

  it('sees the noise that the teacher sees', async () => {
    const { page, complaints, close } = await openPage(browser)
    await connected(page)
    await page.fill('#noise', '10')
    await expectDrivenAsPlayed(page)
    expect(complaints).toEqual([])
    await close()
  })

  it('stops to drive, and says why, where another student is chosen or another task opened', async () => {
    const { page, complaints, close } = await openPage(browser, [], { hash: '#task=hopper' })
    await connected(page)
    const off = await page.evaluate(onceItDrives, { id: 'sweep', value: '2' })
    for (const id of ['play', 'step', 'many', 'restart', 'episode', 'board-flash', 'board-bench'])
      expect(off).toContain(id)
    await page.waitForSelector('#board-figures:has-text("as another student was chosen")')
    const [steps] = /(\d+) steps as another/.exec(await page.innerText('#board-figures'))!.slice(1)
    expect(Number(steps)).toBeLessThan(1000)
    // what the board did is not credited to the one that stands there now
    expect((await row(page, 'step'))[1]).toBe(steps)
    expect(await page.innerText('#board-facts')).not.toContain('the student on the stage')
    await state(page, 'Driving: done')
    expect(await page.isDisabled('#play')).toBe(false)
    await page.fill('#sweep', '3')
    await page.click('#board-loop')
    await state(page, 'flash it first')
    await flashed(page)
    await page.evaluate(onceItDrives, { id: 'task', value: 'pendulum' })
    await page.waitForSelector('#board-figures:has-text("as another task was opened")', { timeout: 60_000 })
    await page.waitForSelector('#ledger tr:has-text("66,560")')
    await page.click('#step')
    expect((await row(page, 'step'))[1]).toBe('1')
    expect(complaints).toEqual([])
    await close()
  })

  it('a second click opens no second board, and one that is closed at any moment opens again', async () => {
    const { page, complaints, close } = await openPage(browser)
    await page.dblclick('text=Emulated Pico')
    await state(page, 'Connected to pico')
    expect(page.workers()).toHaveLength(1)
    await flashed(page)
    await page.evaluate(closeOnceABitIsAsked)
    await page.click('#board-flip-flash')
    await page.waitForSelector('#board-work', { state: 'hidden' })
    expect(await page.innerText('#board-state')).toBe('')
    await page.click('text=Emulated Pico')
    await state(page, 'Connected to pico')
    expect(await page.innerText('#board-rot-state')).toBe('It looks at both by itself.')
    expect(page.workers()).toHaveLength(1)
    await flashed(page)
    await page.evaluate(onceItDrives, { id: 'board-close' })
    await page.waitForSelector('#board-work', { state: 'hidden' })
    expect(await page.innerText('#board-state')).toBe('')
    expect(await page.isDisabled('#play')).toBe(false)
    await page.click('text=Emulated Pico')
    await state(page, 'Connected to pico')
    expect(complaints).toEqual([])
    await close()
  })

  it('is whatever Web Serial gives: here the device in Node, at the browser’s own interface', async () => {
    const device = new InProcessBoard()
    const { page, complaints, close } = await openPage(browser)
    await page.exposeFunction('toBoard', (sent: number[]) => void device.duplex.write(Uint8Array.from(sent)))
    await page.evaluate(fakeSerial)
    device.duplex.on('data', (bytes: Buffer) => {
      void page.evaluate((got) => (globalThis as unknown as Faked).fromBoard(got), [...bytes]).catch(() => {})
    })
    await page.click('text=Serial port…')
    await state(page, 'Connected to in-process')
    await page.click('#board-flash')
    await page.click('#board-trial')
    await state(page, 'Flashing: done')
    expect(await page.innerText('#board-facts')).toContain('on trial')
    await page.click('#board-keep')
    await state(page, 'Keeping it: done')
    expect(await page.innerText('#board-facts')).toContain('confirmed')
    await page.click('#board-bench')
    await state(page, 'Measuring: done')
    await page.click('#board-loop')
    await state(page, 'Driving: done')
    const figures = await page.innerText('#board-figures')
    for (const part of ['jitter', 'misses', 'equal to this page']) expect(figures).toContain(part)
    await page.click('#board-close')
    await page.waitForSelector('#board-work', { state: 'hidden' })
    expect(await page.evaluate(() => (globalThis as unknown as Faked).isOpen)).toBe(false)
    expect(complaints).toEqual([])
    await close()
  })

  it('finds the bits that are flipped in its memory: the other slot runs, then none, and words in RAM are mended', async () => {
    const { page, complaints, close } = await openPage(browser)
    await page.click('text=Emulated Pico')
    await state(page, 'Connected to pico')
    const crcs: string[] = []
    for (const place of ['1', '8']) {
      await page.fill('#sweep', place)
      await page.click('#board-flash')
      await page.click('#board-yes')
      await state(page, 'Flashing: done')
      crcs.push(/policy\tCRC-32 (\w+)/.exec(await page.innerText('#board-facts'))![1])
    }
    const flip = async (memory: 'flash' | 'ram') => {
      await page.click(`#board-flip-${memory}`)
      await page.waitForSelector('#board-rot-state:text-matches("Mended|Caught|Nothing")', { timeout: 60_000 })
      await page.waitForSelector('#board-state:has-text("Looking at itself: done")')
      return page.innerText('#board-rot-state')
    }
    expect(await flip('ram')).toMatch(/Flipped bit \d of byte \d+ of the words .* Mended/)
    expect(await page.innerText('#board-facts tr:has-text("words mended") td')).toBe('1')
    expect(await flip('flash')).toContain(`slot 0 runs now, CRC-32 ${crcs[0]}`)
    expect(await page.innerText('#board-facts')).toContain('the policy was altered while it ran')
    expect(await flip('flash')).toContain('no other slot holds a sound policy')
    expect(await page.innerText('#board-facts tr:has-text("faults found") td')).toBe('2')
    await page.click('#board-flip-flash')
    await state(page, 'the board runs no policy')
    expect(complaints).toEqual([])
    await close()
  })

  it('stops to drive where a bit flips meanwhile, and its other slot takes over', async () => {
    const { page, close } = await openPage(browser)
    await page.click('text=Emulated Pico')
    await state(page, 'Connected to pico')
    // both slots hold it
    for (const installation of [1, 2]) {
      await page.click('#board-flash')
      await page.click('#board-yes')
      await page.waitForSelector(`#board-facts:has-text("installation ${installation}")`, { timeout: 60_000 })
      await state(page, 'Flashing: done')
    }
    // from within the page: a whole episode may take less time than it takes to see from here that it has begun
    await page.evaluate(onceItDrives, { id: 'board-flip-flash' })
    await page.waitForSelector('#board-state.bad', { timeout: 60_000 })
    // an action of the flipped weight may leave before the board has looked: the page compares it with its own
    expect(await page.innerText('#board-state')).toMatch(/its failsafe action stands|action 0 is/)
    await page.waitForSelector('#board-rot-state:has-text("slot 0 runs now")', { timeout: 60_000 })
    await page.waitForSelector('#board-facts tr:has-text("faults found"):has-text("1")')
    await close()
  })

  it('is what a file is measured on: the cycles that bpd bench counts', async () => {
    const { page, complaints, close } = await openPage(browser, [join(root, 'models/pendulum/student.bpd')])
    await page.click('text=Measure it on the emulated Pico')
    await page.waitForSelector('#file [role=status]:has-text("measured here")', { timeout: 60_000 })
    const [, cycles] = /Cortex-M0\+, cycles\t.*\t([\d,]+) measured here/.exec(
      await page.innerText('#file tr:has-text("Cortex-M0+")'),
    )!
    expect(Math.abs(Number(cycles.replace(',', '')) - 11_239)).toBeLessThan(50)
    expect(complaints).toEqual([])
    await close()
  })
})

/** In the page: drives, and clicks on this element or gives it a value once that is under way. Returns the ids of what is disabled then. */
function onceItDrives({ id, value }: { id: string; value?: string }): Promise<string[]> {
  const figures = document.getElementById('board-figures')!
  figures.replaceChildren()
  return new Promise((done) => {
    new MutationObserver((_, observer) => {
      if (!figures.textContent!.includes('round trip')) return
      observer.disconnect()
      done([...document.querySelectorAll(':disabled')].map((one) => one.id))
      const element = document.getElementById(id) as HTMLInputElement
      if (value === undefined) return element.click()
      element.value = value
      for (const event of ['input', 'change']) element.dispatchEvent(new Event(event))
    }).observe(figures, { childList: true, subtree: true })
    document.getElementById('board-loop')!.click()
  })
}

/** In the page: the board is disconnected as soon as its worker was asked to flip a bit, before it can answer. */
function closeOnceABitIsAsked(): void {
  const { postMessage } = Worker.prototype
  Worker.prototype.postMessage = function (message: object, options?: object) {
    postMessage.call(this, message, options)
    if ('memory' in message) document.getElementById('board-close')!.click()
  }
}

interface Faked {
  toBoard(sent: number[]): Promise<void>
  fromBoard(got: number[]): void
  isOpen: boolean
}

/** In the page: a port as Web Serial gives it, whose other end is `toBoard` and `fromBoard`. */
function fakeSerial(): void {
  const faked = globalThis as unknown as Faked
  faked.isOpen = false
  const port = {
    readable: null as ReadableStream<Uint8Array> | null,
    writable: null as WritableStream<Uint8Array> | null,
    getInfo: () => ({ usbVendorId: 0x0403, usbProductId: 0x6001 }),
    async open() {
      if (faked.isOpen) throw new Error('open already')
      faked.isOpen = true
      this.readable = new ReadableStream({
        start(controller) {
          faked.fromBoard = (got) => controller.enqueue(Uint8Array.from(got))
        },
      })
      this.writable = new WritableStream({ write: (bytes) => faked.toBoard([...bytes]) })
    },
    async close() {
      if (this.readable?.locked || this.writable?.locked) throw new Error('streams are locked')
      faked.isOpen = false
    },
  }
  Object.defineProperty(navigator, 'serial', { value: { requestPort: async () => port }, configurable: true })
}
