/** The page in a real browser: the same bits as Node, on a phone, to a screen reader, without WebGL. */
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { siteOf } from '../../cli/view/site.ts'
import { Actor } from '../../site/run/actor.ts'
import { Lockstep } from '../../site/run/lockstep.ts'
import { playable } from '../../site/run/tasks.ts'
import { hex } from '../../site/words.ts'
import { prepareTask } from '../../trainer/tasks/registry.ts'
import { launch, openPage } from '../support/browser.ts'
import { hasChromium } from '../support/chromium.ts'
import { drop, row } from '../support/page.ts'
import { root } from '../support/pages.ts'
import { describeWith } from '../support/require.ts'

const student = join(root, 'models/pendulum/student.bpd')
const bytes = readFileSync(student)

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
