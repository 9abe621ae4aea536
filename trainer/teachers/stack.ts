/** Which layers of a state dict act: found by their names and by how their sizes go on. */
import { brief } from '../files/brief.ts'
import type { StateDict } from './named-tensors.ts'

/** of the actor, the surest first; by what stands before a layer's number */
const actorNames = [
  /(^|\.)actor_?(mean|mu|net|mlp|backbone|module)?$/,
  /(^|\.)actor([._]|$)/,
  /(^|\.)(pi|policy|policy_net|latent_pi|mlp|mu|net|model|fc|net_container)$/,
]
/** of what no action depends on */
export const otherNames =
  /(^|[._])(critics?|values?|vf|vf_?net|value_\w+|q|q\d|qf\d?|q_net\w*|v_net|target\w*|old\w*|discriminator|sigma|std|log_?std\w*|logstd)([._]|$)|critic/i

/** names of layers that stand at the end of a stack of another name */
const lastNames =
  /(^|[._])(mean|mu|loc|out|output|last|head|action|actions|action_net|policy_layer|final|fc_\w+|mean_\w+|linear)$/i

/** Linear layers of one name but for their number, or a single one. */
interface Stack {
  /** what stands before the number */
  prefix: string
  /** names of the layers, first to last */
  layers: string[]
}

export interface Actor {
  /** names of the layers, first to last */
  layers: string[]
  /** first layers of stacks that could have been meant as well */
  others: string[]
}

/** refuse: throws the line that names the file and says what is wrong with it. */
export function chooseActor(state: StateDict, refuse: (what: string) => never): Actor {
  const stacks = stacksOf(state).filter(({ layers }) => !otherNames.test(layers[0]))
  const named = actorNames.flatMap((pattern) => stacks.filter(({ prefix }) => pattern.test(prefix)))
  const found = named.at(0) ?? stacks.at(0) ?? refuse('no layers in it, expected matrices called NAME.weight')
  const used = new Set([found])
  const layers = [...found.layers]
  for (;;) {
    const outputs = rowsOf(state, layers[layers.length - 1])
    const goesOn = (stack: Stack) =>
      !used.has(stack) &&
      lastNames.test(stack.prefix) &&
      related(stack.layers[0], found.layers[0]) &&
      columnsOf(state, stack.layers[0]) === outputs
    const next = stacks.find(goesOn)
    if (!next) break
    layers.push(...next.layers)
    used.add(next)
  }
  checkFolder(state, found.prefix, layers, refuse)
  return { layers, others: stacks.filter((stack) => !used.has(stack)).map(({ layers: [first] }) => first) }
}

const rowsOf = (state: StateDict, layer: string) => state.get(`${layer}.weight`)!.shape[0]
const columnsOf = (state: StateDict, layer: string) => state.get(`${layer}.weight`)!.shape[1]

/** One of them lies in the other's module, or beside it. */
function related(a: string, b: string): boolean {
  const [one, other] = [a, b].map((name) => name.split('.').slice(0, -1))
  const [short, long] = one.length < other.length ? [one, other] : [other, one]
  return short.every((part, i) => part === long[i])
}

/** Norms and convolutions between the layers have weights of other shapes, and cannot be left out. */
function checkFolder(
  state: StateDict,
  prefix: string,
  layers: readonly string[],
  refuse: (what: string) => never,
): void {
  const own = new Set(layers.map((layer) => `${layer}.weight`))
  for (const [key, { shape }] of state)
    if (
      key.endsWith('.weight') &&
      !own.has(key) &&
      shape.length !== 2 &&
      (prefix === '' || key.startsWith(`${prefix}.`))
    )
      refuse(
        `tensor ${brief(key)}: shape [${shape.join(', ')}], a norm or a convolution between its layers: export it as ONNX or TorchScript, which say how it is used`,
      )
}

/** In the order of the file, which is that of the module. */
function stacksOf(state: StateDict): Stack[] {
  const stacks = new Map<string, Stack>()
  for (const [key, { shape }] of state) {
    const layer = /^(.+)\.weight$/.exec(key)?.[1]
    if (layer === undefined || shape.length !== 2) continue
    // net.0, fc1, layers.2.linear
    const [, prefix = layer, , end = ''] = /^(.*?)(\.?\d+)((?:\.[A-Za-z_]\w*)?)$/.exec(layer) ?? []
    const group = `${prefix} ${end}`
    const stack = stacks.get(group)
    if (stack) stack.layers.push(layer)
    else stacks.set(group, { prefix, layers: [layer] })
  }
  const numberIn = (layer: string) => Number(/(\d+)(?:\.[A-Za-z_]\w*)?$/.exec(layer)?.[1] ?? 0)
  for (const { layers } of stacks.values()) layers.sort((a, b) => numberIn(a) - numberIn(b))
  return [...stacks.values()]
}
