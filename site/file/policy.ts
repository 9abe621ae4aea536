/** All that a .bpd file says, and whether it keeps its word. */
import { type DecodedPolicy, decodePolicy } from '../../runtime-as/format/decode.ts'
import { type Contract, observationBounds } from '../../runtime-as/format/network.ts'
import { el, table } from '../dom.ts'
import type { Actor } from '../run/actor.ts'
import { grouped, hex, percent } from '../words.ts'
import { costsView, type OnPico } from './costs.ts'
import { matrix } from './matrix.ts'
import { partsOf } from './parts.ts'

/** wider layers are summed up only */
const MOST_CELLS = 1 << 20
const MOST_PROVENANCE = 20_000
const COLOURS = 'A cell is a weight: teal positive, orange negative, deeper is larger; empty where it is pruned.'

/** more: what can be done with it */
export function policyView(actor: Actor, onPico: OnPico, ...more: Node[]): HTMLElement {
  const { bytes, name } = actor
  const decoded = decodePolicy(bytes, name)
  const { contract, weights, layers } = decoded
  const cells = layers.reduce((sum, { rows, columns }) => sum + rows * columns, 0)
  const facts = table(
    'Policy',
    ['', ''],
    [
      ['file', name],
      ['bytes', grouped(bytes.length)],
      ['CRC-32', hex(actor.crc)],
      ['task', contract.task],
      ['weights', `${grouped(weights)} of ${grouped(cells)}: ${percent(weights / cells)}`],
      ['an action every', `${contract.period} s`],
      ['contract', hex(decoded.contractHash)],
      ['signed', signedBy(decoded)],
    ],
  )
  return el(
    'article',
    {},
    el('h3', {}, name),
    el('div', { class: 'buttons' }, ...more),
    el('div', { class: 'columns' }, facts, partsView(bytes, name)),
    el('h3', {}, 'Layers'),
    layersTable(decoded),
    ...(cells <= MOST_CELLS
      ? [el('p', { class: 'hint' }, COLOURS), matrices(decoded)]
      : [el('p', { class: 'hint' }, 'Too many weights to draw each.')]),
    el('h3', {}, 'What it costs'),
    costsView(actor, layers, onPico),
    el('h3', {}, 'Contract'),
    el('div', { class: 'columns' }, observed(contract), acted(contract)),
    el('h3', {}, 'Self-test'),
    goldensTable(decoded, actor),
    provenance(contract),
  )
}

const signedBy = ({ signature }: DecodedPolicy): string =>
  signature ? `by key ${signature.keyId}, counter ${signature.counter}; not verified here` : 'no'

function partsView(bytes: Uint8Array, name: string): HTMLElement {
  const parts = partsOf(bytes, name)
  const bar = el('div', { class: 'parts', 'aria-hidden': 'true' })
  parts.forEach(({ bytes: size }, i) => {
    const part = el('span')
    part.style.flexGrow = String(size)
    part.style.background = i % 2 ? 'var(--soft)' : 'var(--student)'
    part.style.opacity = String(1 - (0.5 * i) / parts.length)
    bar.append(part)
  })
  const rows = parts.map((part) => [part.name, grouped(part.bytes), percent(part.bytes / bytes.length)])
  return el('div', {}, table('Bytes by part', ['', 'bytes', 'share'], rows), bar)
}

const layersTable = ({ layers, network }: DecodedPolicy) =>
  table(
    'Layers, first to last',
    ['', 'form', 'values', 'shape', 'weights', 'units read', 'then'],
    layers.map(({ form, values, rows, columns, weights, liveUnits }, i) => [
      i + 1,
      form,
      values,
      `${rows} × ${columns}`,
      `${grouped(weights)} (${percent(weights / (rows * columns))})`,
      liveUnits,
      network.layers[i].activation,
    ]),
  )

const matrices = ({ network, contract }: DecodedPolicy) =>
  el(
    'div',
    { class: 'matrices' },
    ...network.layers.map((layer, i) =>
      matrix(layer, i + 1, (column) =>
        i === 0 ? contract.observation.names[column] : `unit ${column + 1} of layer ${i}`,
      ),
    ),
  )

function observed(contract: Contract): HTMLElement {
  const bounds = observationBounds(contract)
  const { names } = contract.observation
  if (!bounds)
    return table(
      'Observation: any number',
      ['', ''],
      names.map((name, i) => [i + 1, name]),
    )
  return table(
    `Observation: outside its bounds: ${bounds.outside}`,
    ['', 'name', 'low', 'high'],
    names.map((name, i) => [i + 1, name, bounds.low[i], bounds.high[i]]),
  )
}

const acted = ({ action: { names, low, high, failsafe }, squash }: Contract) =>
  table(
    `Action: ${squash === 'tanh' ? 'scaled tanh' : 'clipped'}`,
    ['', 'name', 'low', 'high', 'failsafe'],
    names.map((name, i) => [i + 1, name, low[i], high[i], failsafe[i]]),
  )

/** Recomputed here and now, and compared bit for bit. */
function goldensTable({ goldens }: DecodedPolicy, actor: Actor): HTMLElement {
  const bits = (values: Float32Array) => Array.from(new Uint32Array(values.slice().buffer), hex).join(' ')
  const rows = goldens.map(({ observation, action }, i) => {
    const [promised, computed] = [bits(action), bits(actor.act(observation))]
    return [i + 1, promised, computed, promised === computed ? 'alike' : 'different']
  })
  return table('Golden vectors: the bits of each action', ['', 'in the file', 'computed here', ''], rows)
}

function provenance({ provenance: made }: Contract): HTMLElement {
  const text = JSON.stringify(made, null, 2)
  const shown = text.length > MOST_PROVENANCE ? `${text.slice(0, MOST_PROVENANCE)} …` : text
  return el('details', {}, el('summary', {}, 'How it was made'), el('pre', {}, shown))
}
