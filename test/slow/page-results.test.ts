/** What was found, in a real browser: every student of a study or a comparison can be chosen, and played where its file is open. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { crc32 } from '../../runtime-as/kernel/kernel.ts'
import { launch, openPage } from '../support/browser.ts'
import { hasChromium } from '../support/chromium.ts'
import { root } from '../support/pages.ts'
import { describeWith } from '../support/require.ts'
import { hostileName, sampleCompared } from '../support/sample-compared.ts'
import { sampleReport } from '../support/sample-report.ts'
import { hostileVariant, sampleStudy } from '../support/sample-study.ts'

const point = readFileSync(join(root, 'site/public/sweep/pendulum/point-3.bpd'))
const shown = (text: string) => text.replace('\u202e', '\ufffd')

const drop = async (page: Page, name: string, what: Buffer | object) => {
  const buffer = Buffer.isBuffer(what) ? what : Buffer.from(JSON.stringify(what))
  await page.setInputFiles('#choose', { name, mimeType: 'application/octet-stream', buffer })
}

/** The report as JSON, changed. */
const changed = (change: (report: Record<string, never>) => void): object => {
  const copy = JSON.parse(JSON.stringify(sampleStudy))
  change(copy)
  return copy
}

describeWith('chromium', hasChromium)('results in the page', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launch()
  })
  afterAll(() => browser.close())

  it('a study’s students are all to be chosen, by keys too, and play where their file is open', async () => {
    const study = structuredClone(sampleStudy)
    study.rows[1].seeds[0].crc = crc32(point)
    const { page, complaints, close } = await openPage(browser)
    await drop(page, 'point.bpd', point)
    await drop(page, 'report.json', study)
    await page.waitForSelector('#file h3:has-text("report.json")')
    const text = await page.innerText('#file')
    for (const part of ['Is <b>bold</b> better?', '5 students', '2 are not there yet', shown(hostileVariant)])
      expect(text).toContain(part)
    // from the fewest weights on: the one whose file is open is the first
    await page.focus('.plot canvas')
    await page.keyboard.press('ArrowRight')
    expect(await page.innerText('.chosen')).toContain(`${shown(hostileVariant)} at 100, seed 1: 40 weights`)
    const seen: string[] = []
    for (let i = 0; i < 3; i++) {
      await page.keyboard.press('ArrowRight')
      seen.push(await page.innerText('.chosen'))
    }
    expect(seen.map((said) => /seed (\d)/.exec(said)![1])).toEqual(['1', '2', '3'])
    expect(seen[2]).toContain('drop its file, CRC-32 00002457')
    await page.selectOption('#file select', 'second')
    expect(await page.innerText('#file')).toContain('Students of second')
    await page.selectOption('#file select', 'first')
    await page.focus('.plot canvas')
    await page.keyboard.press('ArrowRight')
    await page.click('.chosen button:has-text("Play it")')
    await expect.poll(() => page.textContent('#student-name')).toBe('point.bpd')
    expect(complaints).toEqual([])
    await close()
  })

  it('what bpd compare found is drawn against weights, bytes and what is counted', async () => {
    const compared = structuredClone(sampleCompared)
    compared.task = 'pendulum'
    compared.rows[1].crc = crc32(point)
    const { page, complaints, close } = await openPage(browser)
    await drop(page, 'point.bpd', point)
    await drop(page, 'compare.json', compared)
    await page.waitForSelector('#file h3:has-text("compare.json")')
    expect(await page.locator('#file td button:has-text("Play it")').count()).toBe(1)
    expect(await page.innerText('#file')).toContain(shown(hostileName))
    const labels: string[] = []
    for (const measure of ['weights', 'bytes', 'cost']) {
      await page.selectOption('#file select', measure)
      labels.push((await page.getAttribute('.plot canvas', 'aria-label'))!.split('.')[0])
    }
    // the teacher is too large for the board that counted
    expect(labels).toEqual([
      'return against weights: 5 points',
      'return against bytes: 5 points',
      'return against instructions of the emulated Cortex-M4F: 4 points',
    ])
    expect(complaints).toEqual([])
    await close()
  })

  it('the report of a demo says what share of the weights is kept, not of the return', async () => {
    const { page, complaints, close } = await openPage(browser)
    await drop(page, 'report.json', sampleReport)
    await page.waitForSelector('#file h3:has-text("report.json")')
    expect(await page.innerText('#file')).toContain('weights kept of the teacher')
    expect(complaints).toEqual([])
    await close()
  })

  it('a student that comes with the page plays without its file, one of another task too', async () => {
    const study = structuredClone(sampleStudy)
    study.rows[1].seeds[0].crc = crc32(readFileSync(join(root, 'models/hopper/smallest.bpd')))
    const { page, complaints, close } = await openPage(browser)
    await drop(page, 'report.json', study)
    await page.click('#file td button:has-text("Play it")')
    await expect.poll(() => page.textContent('#student-name'), { timeout: 60_000 }).toBe('models/hopper/smallest.bpd')
    expect(complaints).toEqual([])
    await close()
  })

  it('hostile reports are refused in a line that names the field, or shown as text', async () => {
    const { page, complaints, close } = await openPage(browser)
    const seeds = (report: Record<string, never>) => (report.rows as { seeds: Record<string, unknown>[] }[])[0].seeds
    const hostile: [object, string][] = [
      [changed((report) => Object.assign(seeds(report)[0], { weights: 'many' })), 'rows.0.seeds.0.weights: "many"'],
      [changed((report) => Object.assign(seeds(report)[1], { return: null })), 'rows.0.seeds.1.return: null'],
      [changed((report) => Object.assign(seeds(report)[0], { crc: 2 ** 32 })), 'crc: 4294967296'],
      [changed((report) => Object.assign(report, { score: '<b>' })), 'score: "<b>", expected retained or difference'],
      [changed((report) => Object.assign(report, { rows: {} })), 'rows: {}, expected a list'],
      [changed((report) => Object.assign(report, { summaries: Array(501).fill({}) })), 'at most 500'],
      [changed((report) => Object.assign(report, { comparisons: Array(501).fill({}) })), 'comparisons: [{},'],
      [changed((report) => Object.assign(report, { comparisons: [{}] })), 'comparisons.0.variant'],
      [
        changed((report) => Object.assign((report.rows as object[])[0], { seeds: Array(5001).fill(seeds(report)[0]) })),
        'at most 5000 students',
      ],
      [changed((report) => Object.assign(report, { more: Array(200_001).fill(0) })), 'more than 200000 items'],
    ]
    for (const [report, said] of hostile) {
      await drop(page, 'report.json', report)
      await expect.poll(() => page.innerText('#file .fault')).toContain(said)
    }
    // nothing is there: no student, no plot, no fault
    await drop(
      page,
      'empty.json',
      changed((report) => Object.assign(report, { rows: [], summaries: [], comparisons: [] })),
    )
    await page.waitForSelector('#file h3:has-text("empty.json")')
    expect(await page.innerText('#file')).toContain('0 students')
    expect(await page.innerText('#file')).toContain('Fewer than 5 seeds: nothing is called better than anything.')
    expect(await page.innerText('#file')).not.toContain('Against bpd')
    expect(await page.locator('#file img, #file b:has-text("bold")').count()).toBe(0)
    expect(complaints).toEqual([])
    await close()
  })
})
