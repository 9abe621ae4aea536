/**
 * Every command block (sh) and every program (js) of README and docs runs as it stands, and every piece of C compiles, in the order of its page, in an
 * empty folder that holds the checkout and the public archives. What trains is told to train less: see SHORT.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { generateOnnx } from '../../runtime-as/exports/onnx.ts'
import { readProgram } from '../../runtime-as/exports/program.ts'
import { fixturePath } from '../support/fixtures.ts'
import { blocksOf, indentedCommands, pages, root } from '../support/pages.ts'

/** Options that are added to a verb, so that a page's commands take minutes and not hours. */
const SHORT: Record<string, string> = {
  teach: '--steps 2000 --random-steps 500 --evaluate-every 1000 --episodes 5',
  distill: '--steps 400 --tune-updates 100 --evaluate-every 200',
  reproduce: '--steps 400 --tune-updates 100 --transitions 2000 --seeds 1 --episodes 4 --results runs/results',
  ablate: '--steps 400 --tune-updates 100 --seeds 1 --episodes 4',
}

/** `npx` of a page: `npx bpd VERB …` is this checkout's command, with what SHORT has for the verb. */
const NPX = `#!/bin/bash
shift
case "$1" in
${Object.entries(SHORT)
  .map(([verb, words]) => `${verb}) extra="${words}" ;;`)
  .join('\n')}
esac
# with a task there are episodes, too
case "$1 $2" in "distill "[a-z.]*) extra="$extra --pick-episodes 4 --progress-episodes 2" ;; esac
case " $* " in *" --help "*) extra= ;; esac
exec "${process.execPath}" "${join(root, 'dist/cli/bpd.js')}" "$@" $extra
`

/** The commands that an indented block may hold, and what runs them: they start from an empty folder, or need hardware. */
const ELSEWHERE = [
  'npm ci && npm start',
  'npm ci && npm test',
  'npm ci',
  'npm test',
  'npm run lint',
  'npm run types',
  // test/package
  'npm pack && mkdir ../x && cd ../x && npm init -y && npm i ../bpd/bpd-*.tgz',
  'npx bpd demo pendulum',
]

const runnable = process.platform !== 'win32'

describe.skipIf(!runnable).each(pages())('%s', (page) => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'bpd-docs-'))
    for (const name of readdirSync(root)) {
      if (name !== 'runs' && !name.startsWith('.')) symlinkSync(join(root, name), join(folder, name))
    }
    mkdirSync(join(folder, 'runs'))
    mkdirSync(join(folder, '.bin'))
    symlinkSync(fixturePath('teachers/sb3'), join(folder, 'rl-trained-agents'))
    // what a user would bring
    symlinkSync(fixturePath('teachers/sb3/sac/Pendulum-v1_1/Pendulum-v1.zip'), join(folder, 'model.zip'))
    const student = readFileSync(join(root, 'models/pendulum/student.bpd'))
    writeFileSync(join(folder, 'policy.onnx'), generateOnnx(readProgram(student, 'student')))
    writeFileSync(join(folder, '.bin/npx'), NPX)
    chmodSync(join(folder, '.bin/npx'), 0o755)
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  const blocks = blocksOf(page)

  it('has no block that is neither run nor known', () => {
    const unknown = blocks.filter(({ language }) => !['sh', 'js', 'c', 'text'].includes(language))
    expect(unknown).toEqual([])
  })

  it.each(blocks.filter(({ language }) => language === 'sh').map(({ text }) => text))('%s', (text) => {
    const PATH = [join(folder, '.bin'), process.env.PATH].join(delimiter)
    const { status, stderr } = spawnSync('bash', ['-euo', 'pipefail', '-c', text], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, PATH },
    })
    expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' })
  })

  it.each(blocks.filter(({ language }) => language === 'js').map(({ text }) => text))('%s', (text) => {
    const file = join(folder, 'block.mjs')
    writeFileSync(file, text)
    expect(execFileSync(process.execPath, [file], { cwd: folder, encoding: 'utf8' })).not.toBe('')
  })

  it.each(blocks.filter(({ language }) => language === 'c').map(({ text }) => text))('%s', (text) => {
    writeFileSync(join(folder, 'block.c'), text)
    // beside the packages that the page exported
    const packages = readdirSync(join(folder, 'runs')).map((name) => `-Iruns/${name}/src`)
    const words = ['-std=c99', '-Wall', '-Wextra', '-Werror', '-fsyntax-only', ...packages, 'block.c']
    execFileSync('cc', words, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] })
  })
})

it('what is indented as a command is run by .ci/run', () => {
  const known = (line: string) => ELSEWHERE.includes(line.replace(/ {2,}#.*/, '').trim())
  for (const page of pages())
    for (const line of indentedCommands(page)) expect(known(line), `${page}: ${line}`).toBe(true)
})
