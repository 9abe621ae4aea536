/** The engine's bindings without code made of text are the engine. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { withoutEval } from '../../site/without-eval.ts'

const folder = dirname(createRequire(import.meta.url).resolve('@mujoco/mujoco'))
const code = readFileSync(join(folder, 'mujoco.js'), 'utf8')
const beside = join(folder, `without-eval-${process.pid}.mjs`)
afterAll(() => rmSync(beside, { force: true }))

const model = `<mujoco><worldbody><body pos="0 0 1"><joint name="x" type="slide" axis="0 0 1"/>
<geom size="0.1"/></body></worldbody></mujoco>`

describe('the engine of the page', () => {
  it('steps as the one in Node does', async () => {
    writeFileSync(beside, withoutEval(code))
    const wasm = readFileSync(join(folder, 'mujoco.wasm'))
    const heights = await Promise.all(
      [join(folder, 'mujoco.js'), beside].map(async (file) => {
        const { default: create } = await import(/* @vite-ignore */ pathToFileURL(file).href)
        const engine = await create({ wasmBinary: wasm })
        const model3 = engine.MjModel.from_xml_string(model)
        const data = new engine.MjData(model3)
        for (let i = 0; i < 50; i++) engine.mj_step(model3, data)
        expect(() => engine.mj_step(model3)).toThrow('called with 1 arguments')
        return [...data.qpos, data.time]
      }),
    )
    expect(heights[1]).toEqual(heights[0])
    expect(heights[0][0]).toBeLessThan(0)
  })

  it('of another version is refused rather than shipped', () => {
    expect(() => withoutEval('nothing')).toThrow('is there 0 times, expected once')
    expect(() => withoutEval(`${code}\neval('1')`)).toThrow('still makes code of text')
  })
})
