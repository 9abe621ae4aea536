/** What `bpd view` serves and writes: whose students stand beside whom, what a folder shows, and the page without a network. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { siteOf } from '../../cli/view/site.ts'
import type { Catalogue } from '../../site/catalogue.ts'
import { sha256OfFile } from '../../trainer/files/sha256.ts'
import { launch, openPage } from '../support/browser.ts'
import { hasChromium } from '../support/chromium.ts'
import { bpdIn } from '../support/command.ts'
import { root } from '../support/pages.ts'
import { describeWith } from '../support/require.ts'

const student = join(root, 'models/pendulum/student.bpd')
const bytes = readFileSync(student)
const folder = mkdtempSync(join(tmpdir(), 'bpd-page-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

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
