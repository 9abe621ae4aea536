/** The folder that `bpd export --form package` writes. What compilers and chips make of it: test/slow/chips.test.ts */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import type { ChipResults } from '../../../bench/chips.ts'
import { macroNames } from '../../../runtime-as/exports/c/text.ts'
import { exportPolicy } from '../../../runtime-as/exports/export.ts'
import { CORE_COSTS } from '../../../runtime-as/exports/package/costs.ts'
import { licence } from '../../../runtime-as/exports/package/licence.ts'
import { encodePolicy } from '../../../runtime-as/format/encode.ts'
import { hasGcc } from '../../support/generated.ts'
import { contractFor, observationsFor, randomNetwork } from '../../support/networks.ts'
import { describeWith } from '../../support/require.ts'

const root = new URL('../../../', import.meta.url)
const pendulum = readFileSync(new URL('models/pendulum/student.bpd', root))
const hopper = readFileSync(new URL('models/hopper/smallest.bpd', root))
const folder = mkdtempSync(join(tmpdir(), 'bpd-package-'))
afterAll(() => rmSync(folder, { recursive: true }))

function written(policy: Uint8Array, stem: string): Record<string, string> {
  return exportPolicy(policy, 'package', { stem }) as Record<string, string>
}

function onDisk(policy: Uint8Array, stem: string): void {
  for (const [path, content] of Object.entries(written(policy, stem))) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
}

/** A policy whose names try to leave every place that they are written to. */
function hostile(): Uint8Array {
  const network = randomNetwork([3, 6, 2], 1)
  const contract = contractFor(network)
  const names = ['*/ #error "out"', 'a | b [`rad`]\n# c', '\\\n??/ é 😀']
  const observation = { names, low: [-1, -2, -3], high: [1, 2, 3], outside: 'clamp' as const }
  const action = { ...contract.action, names: ['x [m]', 'x [s]'] }
  const provenance = { 'end```': '```\n# not a heading' }
  const observations = observationsFor(network, 2).map((row) => row.map((x) => Math.max(-1, Math.min(1, x))))
  return encodePolicy(network, { ...contract, task: 'evil"\n*/', observation, action, provenance }, observations)
}

describe('the folder', () => {
  const files = written(hopper, 'hopper')

  it('is a library of five build systems, with examples, licence and a README', () => {
    expect(Object.keys(files).sort()).toEqual(
      [
        'CMakeLists.txt',
        'LICENSE',
        'README.md',
        'idf_component.yml',
        'library.json',
        'library.properties',
        'examples/ControlLoop/ControlLoop.ino',
        'examples/SelfTest/SelfTest.ino',
        'src/hopper.c',
        'src/hopper.h',
        'src/hopper_self_test.c',
        'zephyr/Kconfig',
        'zephyr/module.yml',
      ]
        .map((path) => `hopper/${path}`)
        .sort(),
    )
    expect(licence).toBe(readFileSync(new URL('LICENSE', root), 'utf8'))
  })

  it('says the same version to all of them, one of this policy', () => {
    const version = /^version=(\d+\.\d+\.\d+)$/m.exec(files['hopper/library.properties'])?.[1]
    expect(JSON.parse(files['hopper/library.json']).version).toBe(version)
    expect(parse(files['hopper/idf_component.yml']).version).toBe(version)
    expect(written(pendulum, 'hopper')['hopper/library.properties']).not.toContain(`version=${version}`)
  })

  it('gives Arduino every field that its specification asks for, each on one line', () => {
    const lines = files['hopper/library.properties'].trimEnd().split('\n')
    const fields = new Map(lines.map((line) => line.split(/=(.*)/s) as [string, string]))
    for (const name of [
      'name',
      'version',
      'author',
      'maintainer',
      'sentence',
      'paragraph',
      'category',
      'url',
      'architectures',
    ])
      expect(fields.get(name), name).toMatch(/\S/)
    expect(fields.get('includes')).toBe('hopper.h')
  })

  it('keeps to the fields of a Zephyr module, whose files are there', () => {
    // scripts/zephyr_module.py of Zephyr 4.0, METADATA_SCHEMA: name, and build with cmake and kconfig, text, relative to the module
    const { name, build, ...others } = parse(files['hopper/zephyr/module.yml'])
    expect([name, Object.keys(build), others]).toEqual(['hopper', ['cmake', 'kconfig'], {}])
    expect(files).toHaveProperty([`hopper/${build.kconfig}`])
    expect(build.cmake).toBe('.')
  })

  it('has the contract in its README, row by row', () => {
    const readme = files['hopper/README.md']
    expect(readme).toContain('| 5 | x velocity | m/s |')
    expect(readme).toContain('| 2 | foot torque | 200 N m | -1 | 1 | 0 |')
    expect(readme).toContain('0xaef48750')
    expect(readme.split('\n').filter((line) => line.length > 100 && !/^[|" ]/.test(line))).toEqual([])
  })

  it.each(['math', 'Arduino', '9lives', 'a b', 'x'.repeat(41), '../up'])('is not called %s', (stem) => {
    expect(() => exportPolicy(pendulum, 'package', { stem })).toThrow(`stem "${stem}": expected a folder's name`)
  })
})

it('a file of C has no name of a header either: its own would stand in its way', () => {
  for (const stem of ['stdint', 'Math'])
    expect(() => exportPolicy(pendulum, 'c', { stem })).toThrow(`stem "${stem}": expected letters`)
  for (const stem of [5, null] as unknown as string[])
    expect(() => exportPolicy(pendulum, 'onnx', { stem })).toThrow(`stem "${stem}": expected a name`)
  expect(Object.keys(exportPolicy(pendulum, 'c', { stem: 'my-math' }))).toEqual(['my-math.h', 'my-math.c'])
})

describe('what the README says of costs', () => {
  it('holds for every policy that was measured on a chip', () => {
    const { chips, rows }: ChipResults = JSON.parse(readFileSync(new URL('bench/results/chips.json', root), 'utf8'))
    expect(CORE_COSTS.map(({ core, unit }) => [core, unit])).toEqual(chips.map(({ core, unit }) => [core, unit]))
    for (const row of rows.filter((one) => one.case !== 'paper size dense')) {
      for (const { core, weight } of CORE_COSTS) {
        const median = row.chips[chips.find((chip) => chip.core === core)?.name ?? '']?.median
        const types = row.values === 'mixed' ? (['f16', 'int8'] as const) : [row.values as keyof typeof weight]
        const ranges = types.map((type) => weight[type])
        const [least, most] = [Math.min(...ranges.map(([low]) => low)), Math.max(...ranges.map(([, high]) => high))]
        if (median === undefined) continue
        expect(median, `${row.case}, ${core}`).toBeGreaterThanOrEqual(least * row.weights)
        expect(median, `${row.case}, ${core}`).toBeLessThanOrEqual(most * row.weights)
      }
    }
  })
})

describe('names as macros', () => {
  it('lose their unit, and get numbers where they would be the same', () => {
    expect(macroNames(['hip 1 angle [rad]', 'x-velocity'])).toEqual(['HIP_1_ANGLE', 'X_VELOCITY'])
    expect(macroNames(['x [m]', 'x [s]', 'é'])).toEqual(['X_0', 'X_1', '_2'])
  })
})

describeWith('gcc', hasGcc)('the code, built by gcc', () => {
  const gcc = (...words: string[]) =>
    spawnSync('gcc', ['-Wall', '-Wextra', '-Wpedantic', '-Wconversion', '-Werror', ...words], {
      cwd: folder,
      encoding: 'utf8',
    })

  it('links with other policies into one program, which may run both at once', { timeout: 120_000 }, () => {
    onDisk(pendulum, 'one')
    onDisk(hopper, 'two')
    writeFileSync(
      join(folder, 'main.c'),
      `#include "one.h"
#include "two.h"
static one_context a, b;
int main(void) {
  float x[ONE_OBSERVATIONS] = {1, 0, 0}, u[3][ONE_ACTIONS];
  one_step(x, u[0]);
  one_step_r(&a, x, u[1]);
  one_step_r(&b, x, u[2]);
  if (u[0][0] != u[1][0] || u[0][0] != u[2][0]) return 9;
  return one_self_test() || two_self_test();
}
`,
    )
    const sources = ['one', 'two'].flatMap((name) => [`${name}/src/${name}.c`, `${name}/src/${name}_self_test.c`])
    expect(gcc('-std=c99', '-Ione/src', '-Itwo/src', 'main.c', ...sources, '-o', 'main').stderr).toBe('')
    expect(spawnSync(join(folder, 'main')).status).toBe(0)
  })

  it('says so where header, source or program are not of one contract', { timeout: 120_000 }, () => {
    onDisk(pendulum, 'one')
    const other = written(hopper, 'one')
    writeFileSync(join(folder, 'one.h'), other['one/src/one.h'])
    const source = readFileSync(join(folder, 'one/src/one.c'), 'utf8')
    writeFileSync(join(folder, 'one.c'), source)
    expect(gcc('-c', 'one.c').stderr).toContain('is of another policy than this file')
    expect(gcc('-c', '-DONE_EXPECTS_CONTRACT=0x12345678u', 'one/src/one.c').stderr).toContain('another contract')
    expect(gcc('-c', '-DONE_EXPECTS_CONTRACT=0x51685fd4u', 'one/src/one.c', '-o', 'one.o').stderr).toBe('')
  })

  it('stays code whatever its names are, and the README a README', { timeout: 120_000 }, () => {
    onDisk(hostile(), 'evil')
    expect(gcc('-std=c99', '-c', 'evil/src/evil.c', 'evil/src/evil_self_test.c').stderr).toBe('')
    const readme = readFileSync(join(folder, 'evil/README.md'), 'utf8')
    expect(readme.match(/^#+ .*$/gm)).toEqual(written(pendulum, 'evil')['evil/README.md'].match(/^#+ .*$/gm))
    expect(parse(readFileSync(join(folder, 'evil/idf_component.yml'), 'utf8')).license).toBe('MIT')
  })
})
