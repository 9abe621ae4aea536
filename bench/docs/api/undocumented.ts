/** What the comments of exports leave out, by TypeDoc's model of them: one line each. */

interface Type {
  type: string
  name?: string
  /** absent of what is a language's or a library's own, then with where it comes from */
  target?: number | object
  types?: Type[]
  declaration?: Reflection
}

interface Comment {
  summary: { text: string }[]
  blockTags?: { tag: string }[]
}

export interface Reflection {
  name: string
  kind: number
  comment?: Comment
  children?: Reflection[]
  signatures?: Reflection[]
  parameters?: Reflection[]
  type?: Type
  inheritedFrom?: object
  overwrites?: object
}

/** TypeDoc's numbers for kinds of reflections. */
const KINDS = { function: 64, class: 128, constructor: 512, method: 2048 }

const hasSummary = ({ comment }: Reflection): boolean =>
  comment?.summary.some(({ text }) => text.trim() !== '') ?? false

/** Whether a name alone leaves the unit, the shape or the meaning open: numbers, arrays, maps and functions do. */
function isOpen(type: Type | undefined): boolean {
  if (type === undefined) return false
  if (type.type === 'intrinsic') return type.name === 'number'
  // a type of ours has a comment of its own
  if (type.type === 'reference') return typeof type.target !== 'number'
  if (type.type === 'union') return type.types?.some(isOpen) ?? false
  return type.type === 'array' || type.type === 'tuple' || type.type === 'reflection'
}

/** Lines for a module's exports, the members of classes and interfaces, and the parameters of functions. */
export function undocumented(project: Reflection): string[] {
  const lines: string[] = []
  const say = (where: string, what: string) => lines.push(`${where}: ${what}`)

  const example = (where: string, { comment }: Reflection) => {
    const count = comment?.blockTags?.filter(({ tag }) => tag === '@example').length ?? 0
    if (count !== 1) say(where, `${count} examples, expected one @example`)
  }
  const callable = (where: string, { signatures = [] }: Reflection) => {
    for (const signature of signatures) {
      if (!hasSummary(signature)) say(where, 'expected a comment')
      for (const parameter of signature.parameters ?? [])
        if (!hasSummary(parameter)) say(`${where}(${parameter.name})`, 'expected @param with unit or shape')
    }
  }
  const member = (where: string, reflection: Reflection) => {
    const { kind, type } = reflection
    if (kind === KINDS.method || kind === KINDS.constructor) callable(where, reflection)
    else if (hasSummary(reflection)) return
    else if (type?.declaration?.children)
      for (const child of type.declaration.children) member(`${where}.${child.name}`, child)
    else if (isOpen(type)) say(where, 'expected a comment with unit or shape')
  }
  const exported = (where: string, reflection: Reflection) => {
    const { kind, children = [], signatures } = reflection
    if (kind === KINDS.function) {
      callable(where, reflection)
      for (const signature of signatures ?? []) example(where, signature)
      return
    }
    if (!hasSummary(reflection)) say(where, 'expected a comment')
    if (kind === KINDS.class) example(where, reflection)
    // what a class has of a base class is that one's to say
    const own = children.filter((child) => kind !== KINDS.class || !(child.inheritedFrom || child.overwrites))
    for (const child of own) member(`${where}.${child.name}`, child)
  }

  for (const module of project.children ?? []) {
    if (!hasSummary(module)) say(module.name, 'expected a comment')
    for (const child of module.children ?? []) exported(`${module.name} ${child.name}`, child)
  }
  return lines
}
