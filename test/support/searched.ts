/** Searches on the pendulum, where an episode takes a millisecond. */
import { readFileSync } from 'node:fs'
import { decodePolicy } from '../../runtime-as/format/decode.ts'
import type { Network } from '../../runtime-as/format/network.ts'
import { type SearchOptions, searchDefaults } from '../../trainer/search/options.ts'
import { type SearchAbout, type SearchRun, search } from '../../trainer/search/search.ts'
import { Survivors } from '../../trainer/search/survivors.ts'

const studentFile = new URL('../../models/pendulum/student.bpd', import.meta.url)
const { network, contract, goldens } = decodePolicy(readFileSync(studentFile))
const golden = goldens.map(({ observation }) => observation)

export const student: Network = network

/** It leans on its motor: 0.7 too much before tanh. */
export const damaged: Network = {
  layers: network.layers.map((layer, l) =>
    l < network.layers.length - 1 ? layer : { ...layer, bias: layer.bias.map((b) => b + 0.7) },
  ),
}

export const about: SearchAbout = { taskName: 'pendulum', contract, golden }

/** Three iterations, and a picking after each. */
export const short: SearchOptions = {
  ...searchDefaults,
  episodes: 38,
  directions: 4,
  best: 2,
  pickEpisodes: 2,
  pickEvery: 1,
}

export const searchOf = (start: Network, options: Partial<SearchOptions> = {}, run: SearchRun = {}) =>
  search(new Survivors(start), about, { ...short, ...options }, run)
