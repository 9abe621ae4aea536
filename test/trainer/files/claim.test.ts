import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join, normalize } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { InputError } from '../../../runtime-as/errors.ts'
import { claimFiles, claimFolder, releaseClaims } from '../../../trainer/files/claim.ts'
import { canMount, onSmallDisk } from '../../support/cramped.ts'

const folder = mkdtempSync(join(tmpdir(), 'bpd-claim-'))
const at = (...path: string[]) => join(folder, ...path)
afterAll(() => rmSync(folder, { recursive: true }))
afterEach(releaseClaims)

const refused = (claim: () => void, ...words: string[]) => {
  expect(claim).toThrow(InputError)
  for (const word of words) expect(claim).toThrow(word)
}

const module = new URL('../../../trainer/files/claim.ts', import.meta.url).href
const children: ChildProcess[] = []
afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
})

/** A process that is ready to claim a folder, and says how that went once it gets a line; it lives on. */
async function claimer(place: string) {
  const script = `
    const { claimFolder } = await import(${JSON.stringify(module)})
    process.stdin.once('data', () => {
      try { claimFolder(${JSON.stringify(place)}, [], { force: true }); console.log('claimed') }
      catch (error) { console.log(error.message) }
    })
    console.log('ready')`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['pipe', 'pipe', 'inherit'] })
  children.push(child)
  await once(child.stdout, 'data')
  const claim = async () => {
    child.stdin.write('go\n')
    const [said] = await once(child.stdout, 'data')
    return String(said).trim()
  }
  const kill = async () => {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  return { child, claim, kill }
}

describe('a claimed folder', () => {
  it('is refused to a second process in one line that names the first and its lock, until that is killed', async () => {
    const [first, second] = [await claimer(at('shared')), await claimer(at('shared'))]
    expect(await first.claim()).toBe('claimed')
    const [lock] = readdirSync(at('shared'))
    expect(lock).toMatch(new RegExp(`^bpd\\.lock-${first.child.pid}-`))
    expect(await second.claim()).toBe(`${at('shared')}: in use by process ${first.child.pid} (${at('shared', lock)})`)
    expect(readdirSync(at('shared'))).toEqual([lock])
    await first.kill()
    expect(readdirSync(at('shared'))).toEqual([lock])
    const third = await claimer(at('shared'))
    expect(await third.claim()).toBe('claimed')
    expect(readdirSync(at('shared'))).toEqual([expect.stringMatching(new RegExp(`^bpd\\.lock-${third.child.pid}-`))])
    await third.kill()
    await second.kill()
  })

  it('goes to one of four that begin in the same moment', async () => {
    const four = await Promise.all(Array.from({ length: 4 }, () => claimer(at('raced'))))
    const said = await Promise.all(four.map(({ claim }) => claim()))
    expect(said.filter((line) => line === 'claimed')).toHaveLength(1)
    await Promise.all(four.map(({ kill }) => kill()))
  })

  it('is given back as its process ends', () => {
    claimFolder(at('given'), [], { force: false })
    expect(readdirSync(at('given'))).toHaveLength(1)
    // again by the same one
    claimFolder(at('given'), [], { force: false })
    releaseClaims()
    expect(existsSync(at('given'))).toBe(false)
  })

  it('takes the folders with it that were made for files which never came', () => {
    mkdirSync(at('was'))
    claimFiles([at('was/a/b/one'), at('was/a/c/two')], { force: false })
    writeFileSync(at('was/a/c/two'), '')
    releaseClaims()
    expect(readdirSync(at('was'), { recursive: true }).sort()).toEqual(
      ['a', 'a/c', 'a/c/two'].map((path) => normalize(path)),
    )
    claimFolder(at('was'), [], { force: false })
    releaseClaims()
    expect(existsSync(at('was'))).toBe(true)
  })

  it.skipIf(process.platform === 'win32')('whose process number another process has by now is taken over', () => {
    mkdirSync(at('reused'))
    const host = hostname().replace(/[^\w.]+/g, '.')
    writeFileSync(at('reused', `bpd.lock-${process.ppid}-1.00000000@${host}`), '')
    claimFolder(at('reused'), [], { force: false })
    expect(readdirSync(at('reused'))).toEqual([expect.stringContaining(`lock-${process.pid}-`)])
  })

  it("that another computer's process has is refused: whether that lives cannot be known", () => {
    mkdirSync(at('far'))
    writeFileSync(at('far/bpd.lock-1-5.6@elsewhere'), '')
    refused(() => claimFolder(at('far'), [], { force: true }), 'process 1 of elsewhere', 'remove this file if')
  })
})

describe('what a dead process left half-written', () => {
  it('goes where its output is claimed; of a living one, or under a name of others, it stays', async () => {
    const { child, kill } = await claimer(at('x'))
    const host = hostname().replace(/[^\w.]+/g, '.')
    const dead = `${2 ** 22 + 1}-1.0@${host}`
    const stay = [`other.bpd.part-${dead}`, `student.bpd.part-${child.pid}-@${host}`, 'student.bpd.part-1']
    mkdirSync(at('parts'))
    for (const name of [`student.bpd.part-${dead}`, ...stay]) writeFileSync(at('parts', name), '')
    claimFolder(at('parts'), ['student.bpd'], { force: false })
    releaseClaims()
    expect(readdirSync(at('parts')).sort()).toEqual(stay.sort())
    await kill()
  })

  it('goes deeper in the folder too, where that is what is claimed', () => {
    const dead = `${2 ** 22 + 1}-1.0@${hostname().replace(/[^\w.]+/g, '.')}`
    mkdirSync(at('report/students'), { recursive: true })
    for (const name of ['a.bpd', 'b.bpd']) writeFileSync(at('report/students', `${name}.part-${dead}`), '')
    claimFolder(at('report'), ['report.md', join('students', 'a.bpd'), join('plots', 'a.svg')], { force: false })
    expect(readdirSync(at('report/students'))).toEqual([`b.bpd.part-${dead}`])
  })
})

describe('results that are there', () => {
  it('are refused by name, unless they may be replaced', () => {
    mkdirSync(at('made'))
    writeFileSync(at('made/student.bpd'), 'hours of work')
    refused(() => claimFolder(at('made'), ['student.bpd'], { force: false }), at('made/student.bpd'), '--force')
    refused(() => claimFiles([at('made/student.bpd')], { force: false }), at('made/student.bpd'), '--force')
    claimFolder(at('made'), ['student.bpd'], { force: true })
    claimFolder(at('made'), ['distill.json'], { force: false })
  })

  it('may be finished where a checkpoint is continued; a checkpoint is not thrown away unasked', () => {
    mkdirSync(at('begun'))
    for (const name of ['student.bpd', 'c']) writeFileSync(at('begun', name), '')
    const claim = (force: boolean, resume: boolean) => () =>
      claimFolder(at('begun'), ['student.bpd'], { force }, { checkpoint: 'c', resume })
    refused(claim(false, false), at('begun/c'), '--resume continues it', '--force')
    claim(false, true)()
    claim(true, false)()
    rmSync(at('begun/c'))
    // finished: there is nothing to continue
    refused(claim(false, true), at('begun/student.bpd'), '--force')
  })
})

describe('an output', () => {
  it('that is an input is refused, by whatever name', () => {
    writeFileSync(at('data'), '')
    linkSync(at('data'), at('hard'))
    symlinkSync(at('data'), at('soft'))
    for (const name of ['data', 'hard', 'soft', './data'])
      refused(
        () => claimFiles([`${folder}/${name}`], { inputs: [at('absent'), at('data')], force: true }),
        `would be written over ${at('data')}, which is read`,
      )
  })

  it('that will be one too: what is read and kept again', () => {
    refused(
      () => claimFiles([at('flash')], { inputs: [`${folder}/./flash`], force: true }),
      `would be written over ${folder}/./flash, which is read`,
    )
  })

  it('that is no file is refused: a folder, a device', () => {
    refused(() => claimFiles([folder], { force: true }), `${folder}: a folder, expected the name of a file to write`)
    refused(() => claimFiles(['/dev/null'], { force: true }), '/dev/null: not a file')
    mkdirSync(at('odd/student.bpd'), { recursive: true })
    refused(() => claimFolder(at('odd'), ['student.bpd'], { force: true }), at('odd/student.bpd'), 'a folder')
  })

  it('in a folder that may be written and not read is refused: nobody knows who else writes there', () => {
    const place = mkdtempSync(join(tmpdir(), 'bpd-unlisted-'))
    chmodSync(place, 0o333)
    const script = `
      if (process.getuid() === 0) process.setuid(65534)
      const { claimFiles } = await import(${JSON.stringify(module)})
      try { claimFiles([${JSON.stringify(join(place, 'b.html'))}], { force: false }) } catch (error) { console.log(error.name, error.message) }`
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
    rmSync(place, { recursive: true })
    expect(stdout.trim()).toBe(`InputError ${place}: cannot be read (EACCES)`)
  })

  it('whose folder cannot be made is refused', () => {
    writeFileSync(at('file'), '')
    const wrong = `${at('file')}: a file, expected the name of a folder`
    refused(() => claimFolder(at('file'), [], { force: true }), wrong)
    refused(() => claimFiles([at('file/x')], { force: true }), wrong)
    refused(() => claimFiles([at('file/y/x')], { force: true }), wrong)
    // where Node's own way to make folders never ends
    if (process.platform === 'linux')
      refused(() => claimFolder('/proc/none', [], { force: true }), '/proc/none: cannot be made (ENOENT)')
  })

  it.skipIf(!canMount)('on a disk that cannot be written is refused (needs mount namespaces)', () => {
    mkdirSync(at('fixed'))
    const script = `import { claimFiles } from ${JSON.stringify(module)}
      try { claimFiles([${JSON.stringify(at('fixed/x'))}], { force: true }) } catch (e) { console.log(e.name, e.message) }`
    const words = ['--input-type=module', '-e', script]
    const { stdout } = onSmallDisk(at('fixed'), '64k', words, `mount -o remount,ro '${at('fixed')}'`)
    expect(stdout.trim()).toBe(`InputError ${at('fixed/x')}: cannot be written (EROFS)`)
  })
})
