/** Data that tests hold the code against: test/fixtures, where the README says what each file is and whose. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'

const folder = new URL('../fixtures/', import.meta.url)

/** Where a fixture lies, for code that opens files by their path. */
export const fixturePath = (name: string): string => fileURLToPath(new URL(name, folder))

/** those that students here are distilled from are shipped with them */
const shipped = new Map([
  ['trpo-Hopper-v3', 'hopper'],
  ['trpo-Walker2d-v3', 'walker2d'],
  ['tqc-HalfCheetah-v3', 'halfcheetah'],
  ['trpo-Ant27-v3', 'ant'],
])

/** Where a public agent's actor lies. */
export function publicTeacher(name: string): string {
  const task = shipped.get(name)
  return task === undefined
    ? fixturePath(`teachers/${name}.safetensors`)
    : fileURLToPath(new URL(`../../models/${task}/public/teacher.safetensors`, import.meta.url))
}

/** A fixture's bytes; those of NAME.gz are unpacked. */
export function readFixture(name: string): Buffer {
  const bytes = readFileSync(fixturePath(name))
  return name.endsWith('.gz') ? gunzipSync(bytes) : bytes
}

/** A task's recorded rollouts. */
export const readRollouts = (task: string) =>
  JSON.parse(readFixture(`rollouts/${task}.json.gz`).toString('utf8')).rollouts
