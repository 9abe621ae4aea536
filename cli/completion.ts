/** Scripts that complete `bpd` command lines, made from its verbs: nothing of bpd runs while one types. */
import type { Argument, Command, Option } from 'commander'
import { taskNames } from '../trainer/tasks/registry.ts'

/** What may stand at a place: one of these words, a file, a task, which is either, or what cannot be known. */
type Slot = readonly string[] | 'files' | 'tasks' | 'unknown'

interface VerbWords {
  name: string
  description: string
  places: Slot[]
  options: { flag: string; description: string; slot?: Slot }[]
}

/** By what stands in the angle brackets of an argument or option. */
const slots = (): Record<string, Slot> => ({
  task: 'tasks',
  policy: 'files',
  file: 'files',
  folder: 'files',
})

const slotOf = (placeholder: string, choices?: readonly string[]): Slot => choices ?? slots()[placeholder] ?? 'unknown'

const optionWords = ({ long, flags, description, required, argChoices }: Option) => ({
  flag: long!,
  description,
  slot: required ? slotOf(/<(.+)>/.exec(flags)![1], argChoices) : undefined,
})

const placeOf = (argument: Argument): Slot => slotOf(argument.name(), argument.argChoices)

const wordsOf = (program: Command): VerbWords[] =>
  program.commands.map((verb) => ({
    name: verb.name(),
    description: verb.description(),
    places: verb.registeredArguments.map(placeOf),
    options: verb.options.map(optionWords),
  }))

export const shells: Record<string, (program: Command) => string> = {
  bash: (program) => bash(wordsOf(program)),
  zsh: (program) => zsh(wordsOf(program)),
  fish: (program) => fish(wordsOf(program)),
}

/** Words and places of a line are counted, so that a task is offered only where one may stand. */
function bash(verbs: VerbWords[]): string {
  const offers = { files: 'compopt -o default', tasks: '_bpd_task', unknown: ':' }
  const offer = (slot: Slot) => (typeof slot === 'string' ? offers[slot] : `_bpd_words '${slot.join(' ')}'`)
  const cases = verbs.map(({ name, places, options }) => {
    const values = options.filter(({ slot }) => slot !== undefined)
    return [
      `    ${name})`,
      '      case $previous in',
      ...values.map(({ flag, slot }) => `        ${flag}) ${offer(slot!)}; return ;;`),
      '      esac',
      `      if [[ $current == -* ]]; then _bpd_words '${options.map(({ flag }) => flag).join(' ')}'; return; fi`,
      `      _bpd_place '${values.map(({ flag }) => flag).join(' ')}'`,
      '      case $? in',
      ...places.map((slot, i) => `        ${i}) ${offer(slot)} ;;`),
      '      esac ;;',
    ].join('\n')
  })
  return `# bash completion of bpd, made by "bpd completion bash"
_bpd_words() { COMPREPLY=($(compgen -W "$1" -- "$current")); }
# one of bpd's, or a module by its path
_bpd_task() {
  if [[ $current == [./~]* || $current == */* ]]; then compopt -o default; else _bpd_words '${taskNames().join(' ')}'; fi
}
# how many arguments stand before the word at the cursor; $1: the flags that take a value
_bpd_place() {
  local i count=0
  for ((i = 2; i < COMP_CWORD; i++)); do
    if [[ " $1 " == *" \${COMP_WORDS[i]} "* ]]; then ((i++))
    elif [[ \${COMP_WORDS[i]} != -* ]]; then ((count++)); fi
  done
  return $count
}
_bpd() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]}
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then _bpd_words '${verbs.map(({ name }) => name).join(' ')} --help --version'; return; fi
  case \${COMP_WORDS[1]} in
${cases.join('\n')}
  esac
}
complete -F _bpd bpd`
}

function zsh(verbs: VerbWords[]): string {
  const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`
  const actions = { files: '_files', tasks: '_bpd_task', unknown: ' ' }
  const action = (slot: Slot) => (typeof slot === 'string' ? actions[slot] : `(${slot.join(' ')})`)
  const told = (text: string) => text.replace(/[[\]:\\]/g, '\\$&')
  const cases = verbs.map(({ name, places, options }) => {
    const specs = [
      ...options.map(
        ({ flag, description, slot }) =>
          `${flag}[${told(description)}]${slot === undefined ? '' : `:value:${action(slot)}`}`,
      ),
      ...places.map((slot, i) => `${i + 1}::argument:${action(slot)}`),
    ]
    return `    ${name}) _arguments ${specs.map(quoted).join(' ')} ;;`
  })
  return `#compdef bpd
# zsh completion of bpd, made by "bpd completion zsh"
_bpd_task() { _alternative 'tasks:task:(${taskNames().join(' ')})' 'modules:module:_files' }
_bpd() {
  if ((CURRENT == 2)); then
    local -a verbs=(${verbs.map(({ name, description }) => quoted(`${name}:${description}`)).join(' ')})
    _describe verb verbs
    return
  fi
  shift words
  ((CURRENT--))
  case $words[1] in
${cases.join('\n')}
  esac
}
if [ "$funcstack[1]" = _bpd ]; then _bpd "$@"; else compdef _bpd bpd; fi`
}

function fish(verbs: VerbWords[]): string {
  const quoted = (text: string) => `'${text.replace(/[\\']/g, '\\$&')}'`
  const tasks = quoted(taskNames().join(' '))
  const offers = { files: '-r -F', tasks: `-r -F -a ${tasks}`, unknown: '-x' }
  const offer = (slot: Slot) => (typeof slot === 'string' ? offers[slot] : `-x -a ${quoted(slot.join(' '))}`)
  const places = { files: '-F', tasks: `-F -a ${tasks}`, unknown: "-f -a ''" }
  const place = (slot: Slot) => (typeof slot === 'string' ? places[slot] : `-f -a ${quoted(slot.join(' '))}`)
  const lines = verbs.flatMap((verb) => {
    const { name, description, options } = verb
    const within = `complete -c bpd -n '__fish_seen_subcommand_from ${name}'`
    return [
      `complete -c bpd -n __fish_use_subcommand -f -a ${name} -d ${quoted(description)}`,
      ...options.map(
        ({ flag, description, slot }) =>
          `${within} -l ${flag.slice(2)} -d ${quoted(description)}${slot === undefined ? '' : ` ${offer(slot)}`}`,
      ),
      ...verb.places.map((slot) => `${within} ${place(slot)}`),
    ]
  })
  return `# fish completion of bpd, made by "bpd completion fish"\n${lines.join('\n')}`
}
